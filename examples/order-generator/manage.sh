#!/usr/bin/env bash
# manage.sh start [--reset] [OPTION...] | stop | status | logs: the generator in the background.
#
# Its process id and the log of its last run are in this folder ($RUN_DIR). Options are those of
# order_generator.py; $PYTHON is the Python that runs it.
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
RUN_DIR=${RUN_DIR:-$HERE}
PYTHON=${PYTHON:-python3}
START_SECONDS=30 # how long its first line is waited for
STOP_SECONDS=60  # how long its summary is waited for
PID=$RUN_DIR/order-generator.pid
LOG=$RUN_DIR/order-generator.log

main() {
    local verb=${1:-}
    case $verb in
        start) shift && start "$@" ;;
        stop | status | logs) "$verb" ;;
        *) fail "usage: manage.sh start [--reset] [OPTION...] | stop | status | logs" 2 ;;
    esac
}

start() {
    local pid
    if running; then
        fail "it runs already, pid $(pid_of)"
    fi
    rm -f "$PID"
    : >"$LOG" # the last run's first line is not taken for this one's
    # A process group of its own: Ctrl-C here does not reach it.
    set -m
    nohup "$PYTHON" -u "$HERE/order_generator.py" "$@" >>"$LOG" 2>&1 </dev/null &
    pid=$!
    set +m
    printf '%s\n%s\n' "$pid" "$(born "$pid")" >"$PID"
    wait_for "$START_SECONDS" begun_or_ended || true
    if running; then
        echo "the order generator runs, pid $pid, log $LOG"
        return
    fi
    rm -f "$PID"
    cat "$LOG" >&2
    wait "$pid" || fail "it did not start, or ended at once"
}

stop() {
    local pid
    if ! running; then
        rm -f "$PID"
        echo "the order generator does not run"
        return
    fi
    pid=$(pid_of)
    kill -TERM "$pid"
    wait_for "$STOP_SECONDS" ended \
        || fail "it (pid $pid) still runs after $STOP_SECONDS s; kill -9 $pid ends it"
    rm -f "$PID"
    sed -n '/^Summary/,$p' "$LOG"
    echo "the order generator has stopped"
}

status() {
    if running; then
        echo "running, pid $(pid_of): $(tail -n 1 "$LOG")"
    elif [[ -e $LOG ]]; then
        echo "stopped; its last run: $(tail -n 1 "$LOG")"
    else
        echo "stopped"
    fi
}

logs() {
    [[ -e $LOG ]] || fail "there is no log yet: $LOG"
    # Into a file or a pipe goes what is there; on a terminal it is followed.
    if [[ -t 1 ]]; then
        exec tail -n 100 -F "$LOG"
    fi
    cat "$LOG"
}

running() { # the process that was started, and not another that has got its number since
    local pid
    pid=$(pid_of)
    [[ -n $pid && -n $(born "$pid") && $(born "$pid") == "$(sed -n 2p "$PID")" ]]
}

ended() { ! running; }

begun_or_ended() { grep -q "^begins" "$LOG" || ended; }

pid_of() { sed -n 1p "$PID" 2>/dev/null || true; }

born() { # when a process began; nothing if it has ended, also if nobody has asked for its status
    if [[ -r /proc/$1/stat ]]; then
        sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
    else
        ps -o stat=,lstart= -p "$1" 2>/dev/null | awk '$1 !~ /^Z/ { $1 = ""; print }' || true
    fi
}

wait_for() { # SECONDS CONDITION...: false when the time is over
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 0.1
    done
}

fail() {
    echo "manage.sh: $1" >&2
    exit "${2:-1}"
}

main "$@"
