# SPDX-License-Identifier: Apache-2.0
# Steps with one line of progress each, for the scripts of this folder: sourced, never run.
# A step's whole output goes to the log. The terminal shows a live counter; a pipe gets plain lines.
# A step that fails ends the script with one sentence: what went wrong and how to go on.
# shellcheck shell=bash
shopt -s inherit_errexit

# begin_steps NAME TOTAL LOG: the script's name, how many steps it has, and its log (from the repository's root).
# A script that another one calls goes on with the caller's name, numbers and log (STEELYARD_STEPS).
begin_steps() {
  steps_name=$1 steps_total=$2 steps_log=$3 steps_number=0
  if [ -n "${STEELYARD_STEPS:-}" ]; then
    IFS=: read -r steps_name steps_number steps_total steps_log <<<"$STEELYARD_STEPS"
  else
    if ! { mkdir -p "$(dirname "$steps_log")" && : >"$steps_log"; } 2>/dev/null; then
      give_up "cannot write $steps_log; give this user the folder build/ (sudo chown -R \$(id -un) build) or free some disk space"
    fi
    # One script at a time in one build folder. Children inherit the lock: an orphan still building counts.
    exec 9>build/.lock
    flock -w 3 9 || give_up "another of these scripts is at work in $PWD/build; wait for it or end it"
  fi
  steps_scratch=$(mktemp -d) || give_up "cannot write to ${TMPDIR:-/tmp}; free some disk space there"
  steps_width=80
  if steps_live; then read -r _ steps_width < <(stty size <&2 2>/dev/null || true) || true; fi
  if ((${steps_width:-0} < 20)); then steps_width=80; fi
  trap steps_end EXIT
  trap 'steps_interrupted' INT TERM HUP
}

# call_steps COUNT SCRIPT: run a script whose COUNT steps are the next ones of this script's numbering.
call_steps() {
  STEELYARD_STEPS="$steps_name:$steps_number:$steps_total:$steps_log" "${@:2}" || exit $?
  steps_number=$((steps_number + $1))
}

# step WORDS COMMAND...: run COMMAND in a subshell; the script ends here when it fails.
step() {
  steps_run "$@"
  if ((steps_status != 0)); then steps_stop; fi
}

# optional_step WORDS COMMAND...: the same, but a failure is only said.
optional_step() {
  steps_run "$@"
  if ((steps_status == 0)); then return; fi
  steps_line "left out: $(steps_reason || true)"
}

# For the commands of a step: `note` words the end of its line, `because` is the sentence for a failure.
note() { echo "$1" >"$steps_scratch/note"; }
because() {
  echo "$1" >"$steps_scratch/why"
  exit 1
}

give_up() {
  echo "$steps_name: $1, then run ./tools/$steps_name again." >&2
  exit 1
}

steps_run() {
  steps_words=$1 steps_number=$((steps_number + 1)) steps_begin=$SECONDS
  steps_offset=$(stat -c %s "$steps_log")
  rm -f "$steps_scratch"/{note,why}
  steps_tick 9>&- &
  steps_ticker=$!
  # The command stays in the foreground, so that Ctrl-C reaches it; not under `if`, which would switch its `set -e` off.
  set +e
  (
    trap - INT TERM HUP EXIT
    set -e
    "${@:2}"
  ) </dev/null >>"$steps_log" 2>&1
  steps_status=$?
  set -e
  steps_quiet
  if ((steps_status == 0)); then steps_line "$(cat "$steps_scratch/note" 2>/dev/null || echo 'done')"; fi
}

steps_label() { echo "[$steps_number/$steps_total] $steps_words"; }

steps_elapsed() {
  local seconds=$((SECONDS - steps_begin))
  if ((seconds < 60)); then echo "$seconds s"; else echo "$((seconds / 60)) min $((seconds % 60)) s"; fi
}

steps_live() { [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; }

steps_line() {
  if steps_live; then printf '\r\033[K' >&2; fi
  echo "$(steps_label): $1 ($(steps_elapsed))" >&2
}

# The clock beside a running step. Plain output: a line after one second, then one every half minute.
steps_tick() {
  trap - EXIT TERM HUP
  trap '' INT
  local text next=1 words
  while sleep 1 >/dev/null 2>&1; do
    words=$(steps_counter)
    text="$(steps_label) ...${words:+ $words}"
    if steps_live; then
      text="$text  $(steps_elapsed)"
      printf '\r\033[K%s' "${text:0:$((steps_width - 1))}" >&2
    elif ((SECONDS - steps_begin >= next)); then
      echo "${text:0:120}" >&2
      next=$((next + 30))
    fi
  done
}

steps_quiet() {
  if [ -n "${steps_ticker:-}" ]; then
    kill "$steps_ticker" 2>/dev/null || true
    wait "$steps_ticker" 2>/dev/null || true
    steps_ticker=
  fi
}

steps_output() { tail -c "+$((steps_offset + 1))" "$steps_log"; }

# The newest sign of progress: ninja's [n/m], apt's percentage, else the last line.
steps_counter() {
  steps_output | tail -c 8000 | tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | awk '
    /^(dl|pm)status:/ {
      if (match($0, /:[0-9]+\.[0-9]+:/))
        count = (/^dl/ ? "downloading " : "installing ") int(substr($0, RSTART + 1)) " %"
      next
    }
    match($0, /^\[[0-9]+\/[0-9]+\]/) { count = substr($0, 2, RLENGTH - 2); next }
    NF { last = $0 }
    END { print count != "" ? count : substr(last, 1, 60) }' 2>/dev/null || true
}

# Why the step failed, in a few words. A full disk comes first, because it makes every other reason doubtful.
steps_reason() {
  local full output line
  full=$(df -Pk . / "${TMPDIR:-/tmp}" 2>/dev/null | awk 'NR > 1 && $4 < 20480 { print $6; exit }')
  output=$(steps_output | tr '\r' '\n' | grep -vE '^(dl|pm)status:' | tail -n 4000 || true)
  if [ -n "$full" ]; then
    echo "the disk is full at $full; free about 4 GB"
  elif grep -qiE 'no space left on device|enough free space|disk full|disk quota exceeded' <<<"$output"; then
    echo "the disk is full; free about 4 GB"
  elif [ -s "$steps_scratch/why" ]; then
    cat "$steps_scratch/why"
  elif grep -qE 'Temporary failure (in name resolution|resolving)|Could not (resolve|connect)|Network is unreachable|NameResolutionError|NewConnectionError|ProxyError|ConnectTimeout|Connection (refused|timed out)|Unable to connect|Read timed out' <<<"$output"; then
    echo 'the package servers cannot be reached; connect this machine to the network (or set its proxy)'
  elif grep -qE 'CERTIFICATE_VERIFY_FAILED|certificate verification failed' <<<"$output"; then
    echo "the package servers' certificate is not trusted here; install your network's certificate (apt and PIP_CERT)"
  elif grep -qE 'Killed signal terminated program|std::bad_alloc|virtual memory exhausted' <<<"$output"; then
    echo 'the memory did not suffice; close other programs or add swap'
  elif line=$(grep -m1 -E '(: (fatal )?error:|^CMake Error|: undefined reference|^E: |^ERROR: )' <<<"$output"); then
    echo "\"${line:0:240}\"; mend that"
    return 1
  else
    line=$(grep -vE '^[[:space:]]*$' <<<"$output" | tail -n 1 || true)
    echo "\"${line:0:240}\"; see the log"
    return 1
  fi
}

steps_stop() {
  local reason
  if ((steps_status == 130 || steps_status == 143)); then steps_interrupted; fi
  steps_line failed
  if ! reason=$(steps_reason); then
    steps_output | tr '\r' '\n' | { grep -vE '^(dl|pm)status:' || true; } | tail -n 12 | cut -c1-200 | sed 's/^/    /' >&2
  fi
  give_up "$steps_words failed (log: $steps_log): $reason"
}

steps_interrupted() {
  if ((BASHPID != $$)); then exit 130; fi
  trap '' INT TERM HUP
  steps_quiet
  if steps_live; then printf '\r\033[K' >&2; fi
  echo "$steps_name: interrupted; run ./tools/$steps_name again to go on, what is done stays done." >&2
  exit 130
}

# A background subshell that is killed in its first moments runs the script's own trap: not its business.
steps_end() {
  if ((BASHPID != $$)); then return; fi
  steps_quiet
  rm -rf "${steps_scratch:-}"
}

# --- what quickstart and test both do ---

# configure OPTION...: CMake into build/. A cache of another generator or of a moved folder is forgotten, not argued with.
configure() {
  local cache=build/CMakeCache.txt
  if [ -f $cache ] && ! { grep -qx 'CMAKE_GENERATOR:INTERNAL=Ninja' $cache && grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" $cache; }; then
    rm -rf $cache build/CMakeFiles
  fi
  cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
}

# One compiler a core, but 1.5 GB of memory for each: LibTorch's headers need it.
jobs_that_fit() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '$1 == "MemAvailable:" { print int($2 / 1500000) }' /proc/meminfo)
  if ((memory < cores)); then cores=$((memory > 0 ? memory : 1)); fi
  echo "$cores"
}

build() { cmake --build build --parallel "$(jobs_that_fit)" "$@"; }
