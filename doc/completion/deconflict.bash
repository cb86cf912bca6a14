# SPDX-License-Identifier: Apache-2.0
# bash completion for deconflict(1): commands, options, their fixed values, files.

_deconflict()
{
	local current=$2 previous=$3 command=${COMP_WORDS[1]} words=
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'check options convert bench version help --help --version' -- "$current")
		return
	fi
	case $previous in
	--format)
		words='text json'
		[[ $command == options ]] && words='text json geojson'
		;;
	--engine) words='index brute' ;;
	--to) words='geojson f3548 kml html' ;;
	--rivals) words='none all brute geos boost sqlite postgis fcfs anneal' ;;
	bench) words='A B options read' ;;
	help) words='check options convert bench version help' ;;
	--move | --weights | --max-delay | --max-advance | --levels | --level-step | --max-detour | --margin) return ;;
	--max-options | --effort | --max-share | --time-limit) return ;;
	--for | --lateral | --vertical | --max-dwell | --party | --only | --threads | --n | --seed | --runs) return ;;
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
		bench) words='--n --seed --threads --rivals --runs --format --help' ;;
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
