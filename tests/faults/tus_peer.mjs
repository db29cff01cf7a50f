/** The official tus client sends one file; with "cut" the first connection is broken after half of the bytes.
 *
 *  node tus_peer.mjs <proxy or server> <file> <headers as JSON> <metadata as JSON> <chunk size>
 */
import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../pwa/package.json", import.meta.url));
const tus = require("tus-js-client");
const [address, file, headers, metadata, chunk] = process.argv.slice(2);

const upload = new tus.Upload(createReadStream(file), {
  endpoint: `${address}/api/v1/uploads`,
  headers: JSON.parse(headers),
  metadata: JSON.parse(metadata),
  uploadSize: readFileSync(file).length,
  chunkSize: Number(chunk),
  uploadDataDuringCreation: true,
  retryDelays: [50, 50, 100, 200, 400],
  onError: (problem) => {
    console.error(String(problem));
    process.exit(1);
  },
  onSuccess: () => console.log("sent"),
});
upload.start();
