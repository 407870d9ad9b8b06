# What runs in the namespaces of one test's Courier. Names between @ signs are filled in.
mount --bind '@DIR@/etc' /etc
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon

'@ROOT@/usr/lib/courier/courier-authlib/authdaemond' &
# Who connects is answered by couriertcpd, and must then be able to log in.
while [ ! -S /run/courier/authdaemon/socket ]; do
    kill -0 $!
    sleep 0.01
done

# Gamin tells an IDLE of new mail. Its socket's name has no folder: `GAM_CLIENT_ID` sets it apart.
export GAM_CLIENT_ID='@DIR@'
setpriv --reuid=@UID@ --regid=@GID@ --clear-groups \
    '@ROOT@/usr/libexec/gam_server' --notimeout "$GAM_CLIENT_ID" &
while ! grep -q "fam-.*$GAM_CLIENT_ID" /proc/net/unix; do
    kill -0 $!
    sleep 0.01
done

# As in Debian's /etc/courier/imapd, but with an IDLE that does not look by itself once a minute.
export IMAP_CAPABILITY='IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE'
export IMAP_KEYWORDS=1 IMAP_ACL=1 IMAP_USELOCKS=1 IMAP_MAILBOX_SANITY_CHECK=1
export IMAP_CHECK_ALL_FOLDERS=0 IMAP_OBSOLETE_CLIENT=0 IMAP_DISABLETHREADSORT=0
export IMAP_TRASHFOLDERNAME=Trash IMAP_EMPTYTRASH=Trash:7 IMAP_MOVE_EXPUNGE_TO_TRASH=0
export IMAP_ENHANCEDIDLE=1 IMAP_IDLE_TIMEOUT=60
export IMAP_TLS_REQUIRED=0

exec '@ROOT@/usr/sbin/couriertcpd' -address=127.0.0.1 -nodnslookup -noidentlookup @PORT@ \
    '@ROOT@/usr/lib/courier/courier/imaplogin' '@ROOT@/usr/bin/imapd' Maildir
