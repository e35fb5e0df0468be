#!/bin/sh
# pum verifies the deltas of what is {{ "pushed" if kind == "pre-push" else "committed" }}. Written by `pum hook install`; `pum hook uninstall`
# removes it, and brings back the hook that was here before.
# {{ marker }}
{% if kind == "pre-push" %}

# What git says is pushed, for each of those who read it.
input=$(cat)
{% endif %}

# The hook that was here before comes first; when it refuses, that holds.
if [ -x "$0.before-pum" ]; then
{% if kind == "pre-push" %}
  if [ -n "$input" ]; then
    printf '%s\n' "$input" 2>/dev/null | "$0.before-pum" "$@" || exit
  else
    "$0.before-pum" "$@" </dev/null || exit
  fi
{% else %}
  "$0.before-pum" "$@" || exit
{% endif %}
fi

case ${PUM_SKIP:-0} in
  0) ;;
  *)
    echo "pum: PUM_SKIP is set, so nothing is verified" >&2
    exit 0
    ;;
esac

# Programs with windows often start git with a short PATH.
for pum in pum "${HOME:-}/.cargo/bin/pum" "${HOME:-}/.local/bin/pum"; do
  if command -v "$pum" >/dev/null 2>&1; then
{% if kind == "pre-push" %}
    printf '%s\n' "$input" 2>/dev/null | "$pum" {{ arguments }}hook run pre-push "$@"
    exit
{% else %}
    exec "$pum" {{ arguments }}hook run pre-commit "$@"
{% endif %}
  fi
done

cat >&2 <<'END'
{% if kind == "pre-push" %}
error: pum is not on PATH, so the deltas cannot be verified, and nothing is pushed
hint: install pum, or put the directory that it is in on PATH
hint: PUM_SKIP=1 git push pushes without verifying; git push --no-verify does so without any hook
hint: rm {{ file }} takes the hook away for good
{% else %}
error: pum is not on PATH, so the deltas cannot be verified, and nothing is committed
hint: install pum, or put the directory that it is in on PATH
hint: PUM_SKIP=1 git commit commits without verifying; git commit --no-verify does so without any hook
hint: rm {{ file }} takes the hook away for good
{% endif %}
END
exit 1
