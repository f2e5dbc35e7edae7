#!/usr/bin/env bash
# The page of a batch in a browser: batch-report.sh dom|script|paper|shots, with batches of 0, 3 and 500 machines.
#   KEEP=DIR keeps the pictures, to be looked at.
# shellcheck source=tests/cli/support.sh
. "$(dirname "$0")/support.sh"
requires python3
requires chromium
sample=$BUILD_DIR/tests/unit/migrate/batch-sample
[ -x "$sample" ] || fail "$sample was not built"

browse() { # OPTION…: what it says of the page's console is in ./console
    local home=$work/home sandbox=()
    mkdir -p "$home"
    # Its own sandbox needs user namespaces, and not to be root.
    if [ "$(id -u)" -eq 0 ] || ! unshare -Ur true 2>/dev/null; then
        sandbox=(--no-sandbox)
    fi
    HOME=$home timeout 120 chromium --headless=new "${sandbox[@]}" --disable-gpu --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$home/profile" --hide-scrollbars --enable-logging=stderr "$@" 2>console ||
        { cat console >&2; fail "chromium $*"; }
}

quiet() { # the page had nothing to complain about
    if grep -E 'INFO:CONSOLE|Refused to|Content Security' console >complaints; then
        cat complaints >&2
        fail "the page complains"
    fi
}

for machines in 0 3 500; do
    mkdir "$machines"
    expect 0 "$sample" "$machines" "$machines"
done

case ${1:?which case} in
dom)
    for machines in 0 3 500; do
        browse --dump-dom "file://$work/$machines/batch.report.html" >dom.html
        quiet
        expect 0 python3 - "$machines" dom.html <<'END'
import collections
import html.parser
import sys

count = int(sys.argv[1])
seen = collections.Counter()
tags = collections.Counter()
root = {}
texts = []


class Reader(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        tags[tag] += 1
        if tag == 'html':
            root.update(attributes)
        for word in (attributes.get('class') or '').split():
            seen[tag, word] += 1
        assert not any(name.startswith('on') for name in attributes), attributes
        # Nothing is fetched from anywhere.
        for name in ('src', 'href', 'action', 'data', 'srcset', 'poster'):
            assert attributes.get(name, '#').startswith(('#', './', 'file:///')), (tag, attributes)
        assert tag not in ('link', 'iframe', 'object', 'embed', 'base', 'form', 'img'), tag

    def handle_data(self, data):
        assert self.lasttag != 'style' or ('url(' not in data and '@import' not in data)
        texts.append(data)


Reader().feed(open(sys.argv[2], encoding='utf-8').read())
assert seen['details', 'machine'] == count, seen
assert tags['script'] == 1, tags
assert 'data-pwned' not in root, root
if count == 3:
    text = ''.join(texts)
    assert '</script><script>document.documentElement.dataset.pwned=1</script>' in text
    assert '<U+202E>' in text and '\u202e' not in text
    assert (seen['details', 'done'], seen['details', 'failed'], seen['details', 'skipped']) == (1, 1, 1)
if count == 500:
    assert seen['article', 'failed'] == 3, 'failures alike are one card'
    assert seen['input', 'search'] == 1, 'the script has not run'
END
    done
    ;;
script)
    # What a machine is called is a name, whatever the policy says: the same page without it.
    sed 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' 3/batch.report.html >bare.html
    browse --dump-dom "file://$work/bare.html" >dom.html
    quiet
    [ "$(grep -c 'data-pwned' dom.html)" -eq 0 ] || fail "a machine's name was run"
    # And the policy itself stops what is not the page's own.
    sed 's|</main>|<script>document.documentElement.dataset.pwned=1</script></main>|' 3/batch.report.html >evil.html
    browse --dump-dom "file://$work/evil.html" >dom.html
    [ "$(grep -c '<html[^>]*data-pwned' dom.html)" -eq 0 ] || fail "the policy lets scripts run"
    says console 'Content Security Policy'
    ;;
paper)
    requires pdftotext
    for machines in 0 3 500; do
        browse --no-pdf-header-footer --print-to-pdf="$work/$machines.pdf" "file://$work/$machines/batch.report.html"
        pdftotext -layout "$machines.pdf" "$machines.txt"
    done
    says 0.txt 'There was nothing to migrate'
    says 3.txt '1 of 2 machines failed'
    says 3.txt 'Hint: '
    says 500.txt '9 of 494 machines failed'
    [ "$(grep -cE '(web|db|dc|desk|mail|legacy)-[0-9]{4}' 500.txt)" -ge 495 ] || fail "machines are missing on paper"
    [ "$(pdfinfo 500.pdf | sed -n 's/^Pages: *//p')" -le 30 ] || fail "too much paper"
    ;;
shots)
    for machines in 0 3 500; do
        for width in 390 1280; do
            for scheme in light dark; do
                dark=1
                [ $scheme = light ] || dark=0
                browse --window-size="$width,1400" --blink-settings=preferredColorScheme=$dark \
                    --screenshot="$work/$machines-$width-$scheme.png" "file://$work/$machines/batch.report.html"
                quiet
            done
        done
    done
    # Light is light and dark is dark; the PNGs of a page that stays empty are small.
    expect 0 python3 - ./*.png <<'END'
import struct
import sys
import zlib


def corner(path):
    """The first pixel, and how well the picture compresses."""
    data = open(path, 'rb').read()
    width, height, depth, kind = struct.unpack('>IIBB', data[16:26])
    packed, at = b'', 8
    while at < len(data):
        length, name = struct.unpack('>I4s', data[at:at + 8])
        if name == b'IDAT':
            packed += data[at + 8:at + 8 + length]
        at += length + 12
    assert depth == 8 and kind in (2, 6), (path, depth, kind)
    return width, height, zlib.decompress(packed)[1:4], len(data)


for path in sys.argv[1:]:
    machines, width, scheme = path[2:-4].split('-')
    seen_width, height, pixel, size = corner(path)
    assert seen_width == int(width), path
    assert (pixel[0] > 128) == (scheme == 'light'), (path, pixel)
    assert size > (8000 if machines == '0' else 20000), (path, size)
END
    [ -z "${KEEP:-}" ] || cp -- *.png "$KEEP"
    ;;
*)
    fail "no such case: $1"
    ;;
esac
