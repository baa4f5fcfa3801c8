/** Make a photo small before it travels: at most 1600 pixels wide, and show what was saved. */
import { number } from "./page";

const MOST = 1600;

export function photo(): void {
  const input = document.querySelector<HTMLInputElement>("input[data-photo]");
  const shown = document.querySelector<HTMLElement>("[data-shot]");
  if (!input || !shown) return;
  input.addEventListener("change", () => void shrink(input, shown));
}

async function shrink(input: HTMLInputElement, shown: HTMLElement): Promise<void> {
  const file = input.files?.[0];
  if (!file || !file.type.startsWith("image/")) return;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return;
  const share = Math.min(1, MOST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.82));
  if (!small) return;
  const kept = small.size < file.size ? new File([small], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
  const list = new DataTransfer();
  list.items.add(kept);
  input.files = list.files;
  const image = shown.querySelector("img");
  if (image) {
    image.src = URL.createObjectURL(kept);
    image.hidden = false;
  }
  const said = shown.querySelector("span");
  const arrow = document.documentElement.dir === "rtl" ? "←" : "→";
  if (said) said.textContent = `${number(file.size / 1024)} ${arrow} ${number(kept.size / 1024)} KB`;
  shown.hidden = false;
}
