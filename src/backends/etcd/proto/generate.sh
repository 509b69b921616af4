#!/usr/bin/env bash
# Makes requests.ts and responses.ts of the .proto files beside it: needs protoc (Debian: protobuf-compiler) and the
# npm package ts-proto 2.18.0. Run it after a change of a .proto file and commit what it makes.
set -euo pipefail
cd "$(dirname "$0")"
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
npm install --silent --no-save --prefix "$tools" ts-proto@2.18.0
options=env=node,forceLong=string,oneof=unions-value,outputServices=none,outputJsonMethods=false,outputPartialMethods=false
make_ts() {
  protoc --plugin="$tools/node_modules/.bin/protoc-gen-ts_proto" --ts_proto_out=. --ts_proto_opt="$options,$2" "$1.proto"
}
make_ts requests outputEncodeMethods=encode-only
make_ts responses outputEncodeMethods=decode-only
# The project's rules allow no global object.
sed -i 's/globalThis\.//g' responses.ts
