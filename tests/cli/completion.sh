#!/bin/sh
# tests/cli/completion.sh - `mpool completion`: the scripts have what the program has, and bash completes with its one
#
#     sh completion.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

shells='bash zsh fish'

# All of them, from the help; a test that runs over none shows nothing.
commands=$("$mpool" help | sed -n 's/^  mpool \([a-z]*\) .*/\1/p')
case $commands in
*run*check*completion*) ;;
*)
    echo "mpool help lists other commands than there are: $commands"
    exit 1
    ;;
esac

# options COMMAND - as its --help lists them, one a line: "--output", "-C"
options() {
    "$mpool" "$1" --help | sed -n 's/^ *\(-\(.\), \)\{0,1\}--\([a-z-]*\).*/\1 --\3/p' | tr -s ', ' '\n' | grep -e -
}

# offers WORD... - what bash offers for the last word, sorted, in one line
offers() {
    "$mpool" completion bash >script
    bash -c '. ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mpool; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$@" | sort | tr '\n' ' ' | sed 's/ $//'
}

each_script_parses() {
    "$mpool" completion bash >script
    bash -n script
    for shell in zsh fish; do
        if command -v $shell >/dev/null; then
            "$mpool" completion $shell >script
            $shell -n script
        fi
    done
}

each_script_names_every_command_and_every_option_of_the_help() {
    for command in $commands; do
        options "$command" >options
        grep -qx -e --help options
    done
    for shell in $shells; do
        "$mpool" completion $shell >script
        for command in $commands; do
            # The part of the script that is about the command: in zsh a case, elsewhere lines that name it.
            case $shell in
            bash) grep "^ *$command:" script ;;
            zsh) sed -n "/^    $command)/,/;;/p" script ;;
            fish) grep "__fish_seen_subcommand_from $command'" script ;;
            esac >part
            for option in $(options "$command"); do
                case $shell$option in
                bash*) wanted="$option " ;;
                zsh*) wanted="'*$option" ;;
                fish--*) wanted=" -l ${option#--}" ;;
                fish*) wanted=" -s '${option#-}'" ;;
                esac
                has part "$wanted"
            done
        done
    done
}

bash_offers_every_option_of_the_help() {
    for command in $commands; do
        is "$(offers mpool "$command" -)" "$(options "$command" | sort | tr '\n' ' ' | sed 's/ $//')"
    done
}

bash_completes_a_command() {
    is "$(offers mpool r)" run
    is "$(offers mpool '')" "$(printf '%s\n' "$commands" --help --version | sort | tr '\n' ' ' | sed 's/ $//')"
    is "$(offers mpool help r)" run
    is "$(offers mpool xyz '')" ''
}

bash_completes_an_option() {
    is "$(offers mpool run --ou)" --output
    is "$(offers mpool run job.yaml --js)" --json
    is "$(offers mpool check --ou)" ''
}

# bash takes --option=value apart.
bash_completes_a_value() {
    : >some.txt
    : >job.yaml
    : >'a b.yml'
    mkdir dir
    is "$(offers mpool run --progress '')" 'always auto never'
    is "$(offers mpool run --progress =)" 'always auto never'
    is "$(offers mpool run --progress = al)" always
    is "$(offers mpool run --output so)" some.txt
    is "$(offers mpool run --output = so)" some.txt
    is "$(offers mpool run -C '')" dir
    is "$(offers mpool check --directory d)" dir
    is "$(offers mpool run -j '')" ''
    is "$(offers mpool run --set '')" ''
    is "$(offers mpool run '')" 'a b.yml dir job.yaml'
    is "$(offers mpool run --json jo)" job.yaml
    is "$(offers mpool completion '')" 'bash fish zsh'
    is "$(offers mpool functions '')" 'a b.yml dir job.yaml'
    is "$(offers mpool version '')" ''
}

bash_completes_a_program_and_its_files() {
    : >gzip.txt
    offers mpool exec gzip | tr ' ' '\n' >offered
    has offered gzip
    has offered gzip.txt
    is "$(offers mpool exec --dry)" --dry-run
    is "$(offers mpool exec -k -j 4 --output = lines --dry)" --dry-run
}

# What is behind a program is its own: no option of ours, and no value of one.
bash_leaves_alone_what_is_behind_a_program() {
    : >file
    for line in 'gzip' '-k gzip -9' '-j 4 gzip' '--jobs = 4 -- gzip' 'grep -j' 'sort --progress ='; do
        # shellcheck disable=SC2086
        is "$(offers mpool exec $line --)" ''
        # shellcheck disable=SC2086
        is "$(offers mpool exec $line fil)" file
    done
    is "$(offers mpool run job.yaml --js)" --json
}

# Words with a bar between are read twice: here, and by who checks what was given.
every_word_that_is_offered_is_taken() {
    echo '{mpool: 1, steps: {a: {call: echo}}}' >job.yaml
    for place in 'run --progress' completion help; do
        # shellcheck disable=SC2086
        words=$(offers mpool $place '')
        [ -n "$words" ]
        for word in $words; do
            # shellcheck disable=SC2086
            exits 0 "$mpool" $place "$word"
        done
    done
}

# Typed into a real bash, with its own way to take a line apart.
bash_completes_what_is_typed() {
    command -v script >/dev/null || {
        echo 'script(1) is not there'
        return 1
    }
    "$mpool" completion bash >completion
    : >rc
    printf '%s\n' 'PS1="> "' 'bind "set enable-bracketed-paste off"' '. ./completion' \
        'mpool() { printf "<%s>" "$@" >typed; exit; }' >rc
    printf 'mpool ru\t--progress=alw\t--ou\tx\n' | TERM=dumb script -qec 'bash --noprofile --rcfile rc -i' /dev/null >log 2>&1 ||
        :
    is "$(cat typed)" '<run><--progress=always><--output><x>'
}

# fish tells what it offers; it keeps files of its own in HOME.
fish_offers_what_bash_does() {
    command -v fish >/dev/null || return 0
    "$mpool" completion fish >completion
    for line in 'mpool r' 'mpool run --ou' 'mpool run --progress ' 'mpool run --output comp' 'mpool completion b'; do
        case $line in
        *' ') words="$line ''" ;;
        *) words=$line ;;
        esac
        # In bash one word comes after the other, in fish what they are for comes behind them.
        is "$(HOME=$PWD XDG_RUNTIME_DIR=$PWD fish -c ". ./completion; complete -C '$line'" | cut -f 1 | sort | tr '\n' ' ')" \
            "$(eval "offers $words") "
    done
}

fish_leaves_alone_what_is_behind_a_program() {
    command -v fish >/dev/null || return 0
    "$mpool" completion fish >completion
    for line in 'gzip' '-k gzip -9' '-j 4 gzip' '--jobs=4 -- gzip' 'run' 'sort --progress'; do
        is "$(HOME=$PWD XDG_RUNTIME_DIR=$PWD fish -c ". ./completion; complete -C 'mpool exec $line --dry'")" ''
    done
    for line in '' '-k -j 4' '--jobs=4'; do
        HOME=$PWD XDG_RUNTIME_DIR=$PWD fish -c ". ./completion; complete -C 'mpool exec $line --dry'" >offered
        has offered --dry-run
    done
}

what_is_no_shell_is_refused() {
    exits 2 "$mpool" completion ksh
    has err "mpool completion: one of bash|zsh|fish is wanted, not 'ksh'"
    exits 2 "$mpool" completion
    has err 'mpool completion: one of bash|zsh|fish is wanted, and there is none'
    exits 2 "$mpool" completion bash zsh
    has err "mpool completion: one argument at a time, and 'zsh' is a second one"
}

try each_script_parses each_script_names_every_command_and_every_option_of_the_help \
    bash_offers_every_option_of_the_help bash_completes_a_command bash_completes_an_option bash_completes_a_value bash_completes_a_program_and_its_files \
    bash_leaves_alone_what_is_behind_a_program \
    every_word_that_is_offered_is_taken bash_completes_what_is_typed fish_offers_what_bash_does fish_leaves_alone_what_is_behind_a_program what_is_no_shell_is_refused
finish
