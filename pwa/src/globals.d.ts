/** What build.mjs writes into the bundles. */
declare const __APP_VERSION__: string;
declare const __PHOTO_WORKER__: string;
declare const __SHELL__: string[];
declare const __RARE__: string[];
