/** Say the market under the pointer or the focus; the table beside the map holds the same figures. */

export function map(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-map]")) {
    const bubble = box.querySelector<HTMLElement>(".bubble");
    const show = (event: Event): void => {
      const mark = (event.target as Element).closest("[data-said]");
      if (!bubble) return;
      bubble.hidden = !mark;
      bubble.textContent = mark?.getAttribute("data-said") ?? "";
    };
    box.addEventListener("mouseover", show);
    box.addEventListener("focusin", show);
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-shows]")) {
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(pressed));
      const [one, other] = (button.dataset["shows"] ?? "").split(" ").map((id) => document.getElementById(id));
      if (one) one.hidden = pressed;
      if (other) other.hidden = !pressed;
    });
  }
}
