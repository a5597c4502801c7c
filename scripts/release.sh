#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."

SOURCE=cxgame/__init__.py # the one place of the version
CHANGES=CHANGELOG.md
CHECK=${RELEASE_CHECK:-make check}
IMAGE=cxgame
DRY=""

usage() {
    cat <<END
usage: scripts/release.sh [-p | -m | -M | vX.Y.Z] [--dry-run]
       scripts/release.sh --tag-only vX.Y.Z [--dry-run]
       scripts/release.sh --images vX.Y.Z [--dry-run]
       scripts/release.sh --version | --help

Runs the tests, writes the version into $SOURCE, gives what stands under "Unreleased" in
$CHANGES the version and the date, commits both and makes an annotated tag of these notes.
Nothing leaves this computer.

  -p, -m, -M   the next patch, minor or major version (0.3.1 -> 0.3.2, 0.4.0, 1.0.0)
  vX.Y.Z       this version, which must be higher than the present one
  --tag-only   only the tag: the commit at hand must be that version already
  --images     build the local images $IMAGE:X.Y.Z, $IMAGE:X.Y.Z-<sha> and $IMAGE:latest of a tag
  --dry-run    check everything that can be checked, say what would be done, change nothing
  --version    the version, and the latest tags

RELEASE_CHECK is the command that must succeed first; without it, "make check".
END
}

main() {
    local step=release wanted=""
    while (($#)); do
        case $1 in
            --help | -h) usage; exit ;;
            --version) show_version; exit ;;
            --dry-run) DRY=yes ;;
            --tag-only) step=tag_only ;;
            --images) step=images ;;
            -p | -m | -M | v*)
                [[ -z $wanted ]] || fail "give one version, not $wanted and $1"
                wanted=$1
                ;;
            *) fail "what is $1? See scripts/release.sh --help" ;;
        esac
        shift
    done
    [[ -n $wanted ]] || fail "which version? Give vX.Y.Z (make: version=vX.Y.Z), -p, -m or -M"
    wanted=$(number "$wanted")
    "$step" "$wanted"
}

release() {
    local version=$1
    must_be_clean
    must_be_untagged "$version"
    higher "$version" "$(current)" || fail "$version is not higher than $(current)"
    git symbolic-ref -q HEAD >/dev/null || fail "no branch is checked out, so the commit would be lost"
    [[ -n $(notes Unreleased) ]] || fail "nothing stands under \"## Unreleased\" in $CHANGES"
    do_it "check: $CHECK" checked
    do_it "write $version into $SOURCE and $CHANGES" write "$version"
    do_it "commit \"Release $version\"" commit "$version"
    do_it "tag v$version" tag "$version"
    [[ -n $DRY ]] || echo "v$version is released here. To publish: git push --follow-tags."
}

tag_only() {
    local version=$1
    must_be_clean
    must_be_untagged "$version"
    [[ $version == "$(current)" ]] || fail "this commit is $(current), not $version"
    [[ -n $(notes "$version") ]] || fail "$CHANGES has no \"## $version\" with notes"
    do_it "tag v$version" tag "$version"
}

images() {
    local version=$1 sha
    sha=$(git rev-parse -q --verify --short "v$version^{commit}") \
        || fail "there is no tag v$version; release it first"
    if [[ -z $DRY ]] && ! docker info >/dev/null 2>&1; then
        fail "images need Docker, which is not installed or does not answer"
    fi
    do_it "build $IMAGE:$version, $IMAGE:$version-$sha, $IMAGE:latest" build "$version" "$sha"
}

# The steps

do_it() { # WHAT COMMAND...
    echo "${DRY:+would }$1"
    shift
    [[ -n $DRY ]] || "$@"
}

checked() {
    bash -c "$CHECK" || fail "the check failed; nothing was changed"
    must_be_clean
}

write() {
    local version=$1 draft
    trap put_back EXIT
    draft=$(mktemp)
    sed "s/^__version__ = .*/__version__ = \"$version\"/" "$SOURCE" >"$draft"
    cat "$draft" >"$SOURCE" # not mv: the file keeps its mode
    awk -v heading="## $version ($(date +%Y-%m-%d))" '
        { print }
        /^## Unreleased$/ { print ""; print heading }
    ' "$CHANGES" >"$draft"
    cat "$draft" >"$CHANGES"
    rm -f "$draft"
    [[ $(current) == "$version" ]] || fail "$SOURCE has no line __version__ = \"...\""
}

commit() {
    git commit --quiet --message "Release $1" -- "$SOURCE" "$CHANGES" || fail "git made no commit"
    trap - EXIT
}

tag() { # verbatim: lines that begin with # are headings, not comments
    printf 'cxgame %s\n\n%s\n' "$1" "$(notes "$1")" \
        | git tag --annotate --cleanup=verbatim --file=- "v$1"
}

build() { # what is built is the tag, whatever lies about in the working tree
    local version=$1 sha=$2
    git archive --format=tar "v$version" | docker build \
        --tag "$IMAGE:$version" --tag "$IMAGE:$version-$sha" --tag "$IMAGE:latest" -
}

put_back() { # a release that fails half-way leaves the two files as they were
    git reset --quiet -- "$SOURCE" "$CHANGES"
    git checkout --quiet -- "$SOURCE" "$CHANGES"
}

# What is known and what is refused

show_version() {
    echo "cxgame $(current)"
    git tag --list 'v*' --sort=-version:refname --format='%(refname:short)  %(creatordate:short)' \
        | head -n 5
}

current() { sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$SOURCE"; }

number() { # the version that an argument means
    local major minor patch
    IFS=. read -r major minor patch < <(current)
    case $1 in
        -p) echo "$major.$minor.$((patch + 1))" ;;
        -m) echo "$major.$((minor + 1)).0" ;;
        -M) echo "$((major + 1)).0.0" ;;
        *)
            [[ $1 =~ ^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] \
                || fail "$1 is not vX.Y.Z"
            echo "${1#v}"
            ;;
    esac
}

higher() { # A B: whether A is the later version
    local a b i
    IFS=. read -ra a <<<"$1"
    IFS=. read -ra b <<<"$2"
    for i in 0 1 2; do
        ((a[i] == b[i])) || { ((a[i] > b[i])); return; }
    done
    return 1
}

notes() { # what the changelog says under a heading, without empty lines around
    local text
    text=$(awk -v heading="## $1" '
        /^## / { inside = ($0 == heading || index($0, heading " (") == 1); next }
        inside { print }
    ' "$CHANGES")
    sed '/./,$!d' <<<"$text"
}

must_be_clean() {
    [[ -z $(git status --porcelain) ]] || fail "the tree has changes that are not committed"
}

must_be_untagged() {
    ! git rev-parse -q --verify "refs/tags/v$1" >/dev/null || fail "the tag v$1 exists already"
}

fail() {
    echo "release: $1" >&2
    exit 1
}

main "$@"
