#!/bin/sh
# Answers git for one host, exactly, with what kgit handed to git alone; all else goes to the user's own askpass.
case $1 in
  "Username for 'https://$KGIT_ASKPASS_HOST': ") printf '%s\n' "$KGIT_ASKPASS_USER" ;;
  "Password for 'https://$KGIT_ASKPASS_USER@$KGIT_ASKPASS_HOST': " | "Password for 'https://$KGIT_ASKPASS_ENCODED@$KGIT_ASKPASS_HOST': ")
    printf '%s\n' "$KGIT_ASKPASS_TOKEN" ;;
  *) [ -n "$KGIT_ASKPASS_NEXT" ] && unset KGIT_ASKPASS_TOKEN && exec "$KGIT_ASKPASS_NEXT" "$1"; exit 1 ;;
esac
