#!/usr/bin/env bash
# codespell finds nothing in what people read.
set -euo pipefail
cd "${SOURCE_DIR:-$(dirname "$0")/../..}"
command -v codespell >/dev/null || { echo "skipped: no codespell here"; exit 77; }

# alle, Allocat, hda, optin, te, wit: data; resizeable: LVM's; conectix: VHD's cookie; msdos: a filesystem's name; nd: mdoc's Nd and a Windows
# device id.
codespell --ignore-words-list=alle,allocat,conectix,hda,msdos,nd,optin,resizeable,te,wit --skip='LICENSE,*.xml,./build,*.ini,corpus' \
    README.md ARCHITECTURE.md NEWS.md docs man quickstart base disk registry fs profiles inspect convert windows linux \
    domain migrate bench packaging tests
