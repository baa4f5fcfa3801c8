/** Does this page still show what the thread knows? The sign turns green while we hear from it. */
import { say } from "./page";

export function live(): void {
  const sign = document.querySelector<HTMLElement>("[data-live]");
  if (!sign) return;
  const first = sign.dataset["live"] ?? "";
  const events = new EventSource("/api/v1/changes");
  const set = (on: boolean, code: string): void => {
    sign.dataset["on"] = on ? "yes" : "no";
    sign.textContent = say(code);
  };
  events.addEventListener("version", (event) => {
    const same = (event as MessageEvent<string>).data === first;
    if (!same) document.dispatchEvent(new CustomEvent("thread-version"));
    set(same, same ? "live" : "newer");
    sign.title = same ? "" : say("reload");
  });
  events.onerror = () => set(false, "offline");
  sign.addEventListener("click", () => location.reload());
  window.addEventListener("pagehide", () => events.close());
}
