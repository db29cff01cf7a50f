/** The preview of a checklist: the phone in a frame, with facts, sample answers and the live score beside it; no server, no trace.
 *
 *  One script for both: in the page it draws the panel and lays a frame; in the frame, where the panel left its link, it is the phone.
 *  The page holds <div id="preview">, the data as JSON in <script type="application/json" id="preview-data">, and its style sheet.
 */
import { startPanel } from "./preview_panel";
import { startPhone, type Link } from "./preview_phone";

declare global {
  interface Window { previewLink?: Link }
}

if (window.previewLink) void startPhone(window.previewLink);
else startPanel(document.currentScript as HTMLScriptElement);
