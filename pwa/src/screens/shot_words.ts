/** The words of a large photo, its marks, the camera in the page and the photos from before. */
import { texts } from "../ui/text";

export const shotZh = {
  photoNumber: (n: number, all: number) => `照片 ${n} / ${all}`, caption: "照片说明", removePhoto: "删除照片", sureRemove: "确定删除", photoGone: "这张照片不在本机，联网后可以看。", toMark: "标注", markNever: "这一项要原图作证据，不能在上面标注。",
  mark: "标注照片", surface: "标注区", surfaceWith: (marked: string) => `标注区，${marked}`, arrow: "箭头", circle: "圆圈", bigger: "放大", smaller: "缩小", turn: "转向", undo: "撤销", place: "放在中间", keep: "保存标注",
  how: "用手指画，点一下也能放一个。键盘：方向键移动，加减号改大小，R 转向。", marked: (count: number) => (count ? `${count} 处标注` : "还没有标注"), saving: "正在保存…", sure: "放弃标注",
  camera: "连拍", view: "取景", shutter: "拍照", hint: "点一下拍一张，按住连拍", stored: (count: number) => `已保存 ${count} 张`, storing: (count: number) => `正在保存 ${count} 张`,
  failed: (count: number) => `${count} 张没有保存`, refusals: { full: "这次检查的照片已到上限。", slow: "正在保存，稍等再拍。" }, torch: "照明灯", opening: "正在打开相机…", again: "再试一次",
  troubles: {
    denied: "没有使用相机的许可。请在浏览器的网站设置里允许“相机”，或关闭后用“拍照”。", none: "这台手机上没有找到相机。请关闭后用“相册”。",
    busy: "相机正被别的应用占用。关掉那个应用后再试，或用“拍照”。", insecure: "这个网址不是 https，浏览器不让打开相机。请关闭后用“拍照”。", other: "相机打不开。请关闭后用“拍照”。",
  },
  notStored: (count: number, all: number) => `${all} 张照片里有 ${count} 张没有存上。`, cutOff: (count: number) => `上次有 ${count} 张照片可能没有存上，请核对，缺的再取一次。`, names: (all: readonly string[]) => all.join("、"),
  before: "上次", beforeNumber: (at: number, all: number) => `上次的照片 ${at}/${all}`, beforeLater: "有网络时会取来上次的照片", overlay: "叠上次照片", off: "关", next: "下一张",
};

export const own = texts(shotZh, "shot");
