/** What is done with photos beyond taking one, in one file that is fetched when the first of it is used. */
export { fetchBefore } from "../data/before";
export { Before } from "./before";
export { CameraView } from "./camera_view";
export { Viewer } from "./viewer";
