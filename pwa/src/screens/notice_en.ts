/** English of notices: the same keys as the Chinese by type. */
import type { noticeZh } from "./notices";

export const noticeEn: typeof noticeZh = { title: "Notices", none: "No unread notices", hint: "When something happens that concerns you, it is told here once there is a network.", all: "Mark all as read" };
