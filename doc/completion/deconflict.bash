# SPDX-License-Identifier: Apache-2.0
# bash completion for deconflict(1): commands, options, their fixed values, files.

_deconflict()
{
	local current=$2 previous=$3 command=${COMP_WORDS[1]} words=
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'check options convert position serve record line rehearse token keys bench version help --help --version' -- "$current")
		return
	fi
	case $previous in
	--format)
		words='text json'
		[[ $command == options ]] && words='text json geojson'
		;;
	--engine) words='index brute' ;;
	--to)
		[[ $command == line ]] && return
		words='geojson f3548 kml html'
		;;
	--precedence) words='FLASH IMMEDIATE PRIORITY ROUTINE' ;;
	--as) words='note page html' ;;
	--lang) words='en ru ar' ;;
	--datum) words='WGS84 SK-42 PZ-90 PZ-90.02' ;;
	--altitude | --time | --qnh | --elevation) return ;;
	--rivals) words='none all brute geos boost sqlite postgis fcfs anneal' ;;
	bench) words='A B C options node line read' ;;
	record) words='verify show prove diff export backup restore' ;;
	line | explain)
		words='status check fingerprint messages show missed notify readback ack challenge clarify disseminate withdraw resend cease'
		words+=' execute decline stopped ask answer accept reask call ring hold resume giveup end readout incident evidence classify'
		words+=' review close suspend resume-line close-line pin unpin print export import explain'
		;;
	keys) words='show rotate' ;;
	help) words='check options convert position serve record line rehearse token keys bench version help' ;;
	--move | --weights | --max-delay | --max-advance | --levels | --level-step | --max-detour | --margin) return ;;
	--max-options | --effort | --max-share | --time-limit) return ;;
	--entry | --size | --consistency | --from | --count) return ;;
	--for | --lateral | --vertical | --max-dwell | --party | --only | --threads | --n | --seed | --runs | --seconds) return ;;
	--scope) words='deconflict.read deconflict.declare deconflict.line deconflict.cell deconflict.admin' ;;
	esac
	if [[ -z $words && $current == -* ]]; then
		case $command in
		check)
			words='--for --lateral --vertical --max-dwell --party --only --since --engine --threads --format --report --help'
			;;
		options)
			words='--move --all --for --lateral --vertical --max-dwell --accept-brief --party --weights --max-delay --max-advance'
			words+=' --levels --level-step --max-detour --margin --max-options --seed --effort --max-share --time-limit'
			words+=' --engine --threads --format --report --help'
			;;
		convert) words='--to --party --output -o --help' ;;
		position) words='--altitude --time --qnh --elevation --places --datum --format --help' ;;
		serve)
			words='--allow-http-uss --allow-plain --auth-jwks-allow-http --auth-jwks-ca --auth-jwks-keep'
			words+=' --auth-jwks-least --auth-jwks-most --auth-jwks-timeout --config --data --exchange-accepted-ca-certs'
			words+=' --exchange-ca-certs --exchange-locality --exchange-pool --exchange-public-endpoint'
			words+=' --exchange-retention --exchange-rid-retention --exercise --jwt-audience --jwt-issuer --jwt-jwks'
			words+=' --jwt-key --limit-body --limit-burst --limit-connections --limit-connections-per-address'
			words+=' --limit-handler --limit-headers --limit-idle --limit-questions --limit-rate --limit-request'
			words+=' --limit-streams --limit-streams-per-client --line-disclose-per-h --line-heartbeat --line-listen'
			words+=' --line-max-bytes --line-max-rate --line-miss --line-party --line-tick --listen --log-format'
			words+=' --log-level --record-batch --record-clock-grace --record-clock-jump --record-erase --record-origin'
			words+=' --record-retention --record-snapshot-every --server-drain --server-threads --strict'
			words+=' --time-based-notification-index --tls-certificate --tls-client --tls-client-ca --tls-key --tls-pin'
			words+=' --uss-attempts --uss-ca --uss-destination --uss-manager --uss-party --uss-timeout --uss-token-client'
			words+=' --uss-token-key --uss-token-secret --uss-token-url --uss-url --help'
			;;
		line)
			words='--node --token --data --ca --format --to --role --yes --explain --override --precedence --text --id --ref --reason --area'
			words+=' --radius --from --for --at --agenda --articles --releasable-to --heard --open --overdue --url --url2 --as --lang'
			words+=' --first --output --help'
			;;
		rehearse) words='--format --keep --wire --output -o --help' ;;
		keys) words='--reason --compromised --help' ;;
		token) words='--data --party --member --scope --sub --role --audience --ttl --help' ;;
		record) words='--vkey --from --count --entry --size --consistency --format --help' ;;
		bench) words='--n --seed --threads --rivals --runs --seconds --entries --standing --parts --url --token --token-key --audience --format --help' ;;
		esac
	fi
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -F _deconflict deconflict
