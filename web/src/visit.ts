/** A visit on a phone: labels are scanned by a scanner or the camera, the customer signs with a finger, what is typed stays. */
import { make, say, tell } from "./page";
import { draftOf, keepDraft, type Draft } from "./outbox";
import { Wedge } from "./wedge";

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

const LOOK_MS = 250;

export function visit(): void {
  const box = document.querySelector<HTMLElement>("[data-visit]");
  if (box) {
    labels(box);
    signature(box);
  }
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) void draft(form);
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) copying(button);
}

/** What a scanner types goes to the label at hand; its Enter leads on and sends nothing. */
function labels(box: HTMLElement): void {
  const inputs = [...box.querySelectorAll<HTMLInputElement>("input[data-wedge]")];
  new Wedge(() => inputs.find((i) => !i.value) ?? null, null);
  for (const [n, input] of inputs.entries()) {
    input.addEventListener("keydown", (e) => {
      if (e.key !== "Enter") return;
      e.preventDefault();
      (inputs[n + 1] ?? box.querySelector<HTMLElement>("input[name=outcome]"))?.focus();
    });
  }
  const kind = (globalThis as { BarcodeDetector?: new () => Detector }).BarcodeDetector;
  const view = box.querySelector<HTMLVideoElement>("[data-camera-view]");
  if (!kind || !view) return;
  for (const button of box.querySelectorAll<HTMLButtonElement>("[data-camera]")) {
    const input = inputs.find((i) => i.id === button.dataset["camera"]);
    button.hidden = false;
    if (input) button.addEventListener("click", () => void look(new kind(), view, input));
  }
}

/** Look through the camera until it reads a label. */
async function look(detector: Detector, view: HTMLVideoElement, input: HTMLInputElement): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
  if (!stream) return tell(say("nothing"));
  view.srcObject = stream;
  view.hidden = false;
  await view.play();
  input.value = "";
  while (!input.value && !view.hidden) {
    const found = await detector.detect(view).catch(() => []);
    if (found[0]) input.value = found[0].rawValue;
    else await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  stream.getTracks().forEach((track) => track.stop());
  view.hidden = true;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The customer signs; the drawing travels as a picture of the form. */
function signature(box: HTMLElement): void {
  const canvas = box.querySelector<HTMLCanvasElement>("[data-sign]");
  const file = box.querySelector<HTMLInputElement>("[data-signature]");
  const around = box.querySelector<HTMLElement>("[data-signing]");
  const pen = canvas?.getContext("2d");
  if (!canvas || !file || !around || !pen) return;
  around.hidden = false;
  const clear = (): void => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    file.files = new DataTransfer().files;
  };
  clear();
  let drawing = false;
  const at = (e: PointerEvent): [number, number] => {
    const place = canvas.getBoundingClientRect();
    return [((e.clientX - place.left) * canvas.width) / place.width, ((e.clientY - place.top) * canvas.height) / place.height];
  };
  canvas.addEventListener("pointerdown", (e) => {
    drawing = true;
    canvas.setPointerCapture(e.pointerId);
    pen.strokeStyle = "#12212a";
    pen.lineWidth = 3;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...at(e));
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!drawing) return;
    pen.lineTo(...at(e));
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    drawing = false;
    canvas.toBlob((blob) => {
      if (!blob) return;
      lay(file, new File([blob], "signature.png", { type: "image/png" }));
      file.dispatchEvent(new Event("input", { bubbles: true }));
    }, "image/png");
  });
  box.querySelector("[data-unsign]")?.addEventListener("click", clear);
  file.addEventListener("change", () => void shown(pen, file.files?.[0]));
  file.form?.addEventListener("kept", clear);
  file.form?.addEventListener("submit", (e) => {
    if (file.files?.length) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    around.querySelector(".note")?.remove();
    const said = make("p", "note bad", say("unsigned"));
    said.setAttribute("role", "alert");
    around.prepend(said);
    around.scrollIntoView({ block: "center" });
  });
}

/** A signature that was drawn before stands on the canvas again. */
async function shown(pen: CanvasRenderingContext2D, drawn: File | undefined): Promise<void> {
  if (drawn) pen.drawImage(await createImageBitmap(drawn), 0, 0);
}

/** What is put into a long form stays on the phone until the form is kept: a killed tab has lost nothing of it.
 *  data-stored says whether all of it is on the disk. */
async function draft(form: HTMLFormElement): Promise<void> {
  const name = new URL(form.action).pathname;
  const inputs = [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("[name]")].filter((i) => i.type !== "hidden");
  const now = (): Draft => inputs.map((i) => [i.name, ticks(i) ? i.checked : files(i) ? (i.files?.[0] ?? null) : i.value]);
  let writing = 0;
  const keepNow = (): void => {
    writing += 1;
    form.dataset.stored = "no";
    const done = (): void => void (--writing || (form.dataset.stored = "yes"));
    void keepDraft(name, now()).then(done, done);
  };
  form.addEventListener("input", keepNow);
  form.addEventListener("change", keepNow);
  form.addEventListener("kept", () => void keepDraft(name, null).catch(() => undefined));
  const kept = await draftOf(name).catch(() => []);
  if (kept.length !== inputs.length || form.querySelector('[role="alert"]')) return;
  inputs.forEach((input, n) => {
    const value = kept[n]?.[1];
    if (ticks(input)) input.checked = value === true;
    else if (files(input)) {
      if (value instanceof File) lay(input, value);
    } else if (typeof value === "string") input.value = value;
  });
}

function ticks(input: Element): input is HTMLInputElement {
  return input instanceof HTMLInputElement && (input.type === "radio" || input.type === "checkbox");
}

function files(input: Element): input is HTMLInputElement {
  return input instanceof HTMLInputElement && input.type === "file";
}

function lay(input: HTMLInputElement, file: File): void {
  const list = new DataTransfer();
  list.items.add(file);
  input.files = list.files;
  input.dispatchEvent(new Event("change"));
}

function copying(button: HTMLButtonElement): void {
  const input = document.getElementById(button.dataset["copy"] ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    input.select();
    void navigator.clipboard.writeText(input.value).then(() => tell(say("copied")));
  });
}
