# SPDX-License-Identifier: Apache-2.0
"""Usage: examples.py DECONFLICT SOURCE-FOLDER

Does what doc/node-operators.md, doc/native-api.md and doc/exchange.md tell their readers to do, and compares.

A block that begins with ```sh run is run: all of one document in order, in one `bash -e` in an empty folder, with DECONFLICT first
in PATH and the ports of the text replaced by free ones.  Where the next thing in the text is a block ```text or ```json, it is what
the commands print:
  text  all lines, where … stands for anything within a line, and a line of … for any lines
  json  JSON values and lines between them (a status): objects may have more members than are shown, "…" is any value or, at the
        end of a list, any more of them, and … within a string is anything
Blocks ```sh are not run (they need root, systemd or another machine); the options in them must be known.  The metrics and settings
that are named in the text must exist."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

DOCUMENTS = ['node-operators.md', 'native-api.md', 'exchange.md']
PORTS = ['8080', '8443', '8081']
PATIENCE = 240
PROGRAM, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])


class Wrong(Exception):
    pass


# --- documents ---

class Block:
    def __init__(self, document, line, info, text):
        self.name, self.info, self.text, self.shown = f'{document}:{line}', info.split(), text, None


def blocks_of(document):
    """All blocks in order; those that show what the one before prints are its `shown`."""
    blocks, block, gap = [], None, False
    for number, line in enumerate((SOURCE / 'doc' / document).read_text(encoding='utf-8').split('\n'), 1):
        if block is None and line.startswith('```'):
            block = Block(document, number, line[3:], '')
        elif block is None:
            gap = gap or bool(line.strip())
        elif line.startswith('```'):
            last = blocks[-1] if blocks and not gap else None
            if last and last.info == ['sh', 'run'] and not last.shown and block.info in (['text'], ['json']):
                last.shown = block
            else:
                blocks.append(block)
            block, gap = None, False
        else:
            block.text += line + '\n'
    if block:
        raise Wrong(f'{block.name}: the block does not end')
    return blocks


def free_ports():
    sockets = [socket.socket() for _ in PORTS]
    for s in sockets:
        s.bind(('127.0.0.1', 0))
    ports = [str(s.getsockname()[1]) for s in sockets]
    for s in sockets:
        s.close()
    return dict(zip(PORTS, ports))


# --- comparing ---

def pattern(text):
    return '.*?'.join(re.escape(part) for part in text.split('…'))


def compare_text(shown, printed):
    wanted = ''.join(r'(?:[^\n]*\n)*?' if line == '…' else pattern(line) + r'\n' for line in shown.rstrip('\n').split('\n'))
    if not re.fullmatch(wanted, printed.rstrip('\n') + '\n'):
        raise Wrong('printed was something else')


def items_of(text):
    """JSON values and lines that are none, in order."""
    items, at, decoder = [], 0, json.JSONDecoder()
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in '{[':
            value, at = decoder.raw_decode(text, at)
            items.append(value)
        else:
            end = (text + '\n').index('\n', at)
            items.append(text[at:end].strip())
            at = end
    return items


def compare_list(shown, printed, where):
    more = bool(shown) and shown[-1] == '…'
    shown = shown[:-1] if more else shown
    if len(printed) < len(shown) or (len(printed) > len(shown) and not more):
        raise Wrong(f'{where} has {len(printed)} values, {len(shown)} are shown')
    for i, value in enumerate(shown):
        compare_value(value, printed[i], f'{where}/{i}')


def compare_value(shown, printed, where):
    if shown == '…':
        return
    if isinstance(shown, dict) and isinstance(printed, dict):
        for key, value in shown.items():
            if key not in printed:
                raise Wrong(f'{where} has no {key}')
            compare_value(value, printed[key], f'{where}/{key}')
    elif isinstance(shown, list) and isinstance(printed, list):
        compare_list(shown, printed, where)
    elif isinstance(shown, str) and isinstance(printed, str):
        if not re.fullmatch(pattern(shown), printed, re.DOTALL):
            raise Wrong(f'{where} is {printed!r}, shown is {shown!r}')
    elif shown != printed or isinstance(shown, bool) != isinstance(printed, bool):
        raise Wrong(f'{where} is {json.dumps(printed)[:200]}, shown is {json.dumps(shown)[:200]}')


def compare(block, printed):
    if block.info == ['text']:
        compare_text(block.text, printed)
    else:
        compare_list(items_of(block.text), items_of(printed), '')


# --- running ---

def environment(folder):
    binaries = folder / 'bin'
    binaries.mkdir()
    (binaries / 'deconflict').symlink_to(PROGRAM)
    own = ('DATA', 'NODE', 'TOKEN', 'BASH_ENV')
    kept = {k: v for k, v in os.environ.items() if not k.startswith('DECONFLICT_') and k not in own}
    return kept | {'PATH': f'{binaries}:{os.environ["PATH"]}', 'HOME': str(folder), 'LC_ALL': 'C.UTF-8'}


def run(blocks, folder, ports):
    """Runs them all in one shell; leaves N.out, N.err and N.done of each."""
    def here(text):
        return re.sub(r'\b(127\.0\.0\.1|localhost):(\d+)', lambda m: f'{m[1]}:{ports.get(m[2], m[2])}', text)

    work = folder / 'work'
    work.mkdir()
    script = "trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\n"
    for i, block in enumerate(blocks):
        (folder / f'{i}.sh').write_text(here(block.text), encoding='utf-8')
        if block.shown:
            block.shown.text = here(block.shown.text)
        base = folder / str(i)
        script += f". '{base}.sh' > '{base}.out' 2> '{base}.err'\n: > '{base}.done'\n"
    (folder / 'all.sh').write_text(script, encoding='utf-8')
    child = subprocess.Popen(['bash', '-e', str(folder / 'all.sh')], cwd=work, env=environment(folder), stdin=subprocess.DEVNULL,
                             start_new_session=True)
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)  # the shell was made the first of a group of its own
        except ProcessLookupError:
            pass
        child.wait()


def text_of(path):
    return path.read_text(encoding='utf-8', errors='replace') if path.exists() else ''


def check_block(i, block, folder):
    out, err = text_of(folder / f'{i}.out'), text_of(folder / f'{i}.err')
    try:
        if not (folder / f'{i}.done').exists():
            raise Wrong('it ended with an error' if (folder / f'{i}.out').exists() else 'not come so far')
        if block.shown:
            compare(block.shown, out)
    except Wrong as wrong:
        raise Wrong(f'{wrong}\nprinted:\n{out[:3000]}\nerrors:\n{err[:2000]}') from wrong


# --- what is named ---

def check_options(block):
    """Every option of `deconflict COMMAND ...` in a block that is not run."""
    for line in block.text.replace('\\\n', ' ').split('\n'):
        for command in re.findall(r'\bdeconflict ([a-z]+)(?=[ \n]|$)([^|;&]*)', line):
            found = subprocess.run([PROGRAM, command[0], '--help'], capture_output=True, text=True, check=False)
            if found.returncode:
                raise Wrong(f'deconflict has no command {command[0]}')
            action = re.match(r' +([a-z]+)', command[1])
            if command[0] in ('record', 'keys') and not (action and re.search(rf'\b{action[1]}\b', found.stdout)):
                raise Wrong(f'deconflict {command[0]} has no such action:{command[1]}')
            for option in re.findall(r'(?<=\s)--[a-z-]+', command[1]):
                if not re.search(re.escape(option) + r'\b(?!-)', found.stdout):
                    raise Wrong(f'deconflict {command[0]} has no option {option}')


def check_all_compared(documents):
    alone = [b.name for blocks in documents.values() for b in blocks if b.info not in (['sh', 'run'], ['sh'], ['ini'])]
    if alone:
        raise Wrong(f'blocks that are not what the commands before them print: {alone}')


def check_settings():
    """Sections and keys of blocks ```ini, and the environment's names."""
    known = (SOURCE / 'data' / 'deconflict.ini').read_text(encoding='utf-8')
    section, keys = '', set()
    for line in known.split('\n'):
        section = line[1:-1] if line.startswith('[') else section
        if re.fullmatch(r';?[a-z_]+ = .*', line):
            keys.add((section, line.lstrip(';').split(' = ')[0]))
        elif re.fullmatch(r';[a-z_]+ ?=.*', line):
            keys.add((section, line[1:].split('=')[0].strip()))
    named = 0
    for document in DOCUMENTS:
        for block in blocks_of(document):
            section = ''
            for line in block.text.split('\n') if block.info == ['ini'] else []:
                section = line[1:-1] if line.startswith('[') else section
                if '=' in line:
                    named += 1
                    if (section, line.split('=')[0].strip()) not in keys:
                        raise Wrong(f'{block.name}: there is no setting {line} in [{section}]')
        text = (SOURCE / 'doc' / document).read_text(encoding='utf-8')
        for name in re.findall(r'\bDECONFLICT_[A-Z]+_[A-Z_]+\b', text):
            if name not in known:
                raise Wrong(f'{document}: there is no {name}')
        for section, key in re.findall(r'`(server|tls|auth|limit|record|uss|log)\.(?!v?key\b|head\b)([a-z_]+)\b', text):
            named += 1
            if (section, key) not in keys:
                raise Wrong(f'{document}: there is no setting {section}.{key}')
    if not named:
        raise Wrong('no setting is named')


def check_metrics():
    folder = pathlib.Path(tempfile.mkdtemp(dir=ROOT))
    port = free_ports()['8080']
    # A key set that cannot be fetched has its metrics all the same, and so have notifications; those of the exchange begin with its
    # first request.
    options = ['--jwt-jwks', 'http://127.0.0.1:9/keys', '--jwt-audience', 'x', '--uss-party', 'X', '--uss-url', 'https://x.example.com',
               '--uss-token-url', 'http://127.0.0.1:9/token', '--uss-token-client', 'x', '--uss-destination', 'https://y.example.com']
    child = subprocess.Popen([PROGRAM, 'serve', '--data', folder / 'data', '--listen', f'127.0.0.1:{port}', *options],
                             stderr=subprocess.DEVNULL)
    try:
        text = subprocess.run(['curl', '-sS', '--retry', '30', '--retry-connrefused',
                               *(f'http://127.0.0.1:{port}/{path}' for path in ('ready', 'aux/v1/version', 'metrics'))],
                              capture_output=True, text=True, timeout=60, check=True).stdout
    finally:
        child.terminate()
        child.wait(60)
    names = set(re.findall(r'^# TYPE ([a-z_]+) ', text, re.MULTILINE))
    named = set()
    for document in DOCUMENTS:
        named |= set(re.findall(r'\b((?:deconflict|process)_[a-z_]+[a-z])\b', (SOURCE / 'doc' / document).read_text(encoding='utf-8')))
    if not named or named - names:
        raise Wrong(f'there are no metrics {sorted(named - names)}' if named else 'no metric is named')


# --- TAP ---

number = failures = 0


def report(name, check, *arguments):
    global number, failures
    number += 1
    try:
        check(*arguments)
        print(f'ok {number} - {name}', flush=True)
    except (Wrong, OSError, ValueError, subprocess.SubprocessError) as error:
        failures += 1
        print('# ' + str(error).replace('\n', '\n# '))
        print(f'not ok {number} - {name}', flush=True)


ROOT = pathlib.Path(tempfile.mkdtemp(prefix='deconflict-examples-'))
try:
    documents = {d: blocks_of(d) for d in DOCUMENTS}
    for document, blocks in documents.items():
        runnable = [b for b in blocks if b.info == ['sh', 'run']]
        folder = ROOT / document
        folder.mkdir()
        run(runnable, folder, free_ports())
        for i, block in enumerate(runnable):
            report(block.name, check_block, i, block, folder)
        for block in blocks:
            if block.info == ['sh']:
                report(block.name + ' (options)', check_options, block)
    report('everything shown is compared', check_all_compared, documents)
    report('settings that are named', check_settings)
    report('metrics that are named', check_metrics)
    print(f'1..{number}')
finally:
    shutil.rmtree(ROOT, ignore_errors=True)
sys.exit(failures > 0)
