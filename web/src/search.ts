/** Find serials, orders, lots and parts while typing; Ctrl K goes to the box from anywhere. */
import { make, say } from "./page";

interface Found { kind: string; code: string; said: string; go: string }

export function search(): void {
  const input = document.querySelector<HTMLInputElement>("[data-search]");
  const list = document.getElementById("results");
  if (!input || !list) return;
  let timer = 0;
  let chosen = -1;
  const close = (): void => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (to: number): void => {
    const options = [...list.querySelectorAll<HTMLElement>("[role=option]")];
    if (!options.length) return;
    chosen = (to + options.length) % options.length;
    options.forEach((o, i) => o.setAttribute("aria-selected", String(i === chosen)));
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
    options[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const look = async (): Promise<void> => {
    const text = input.value.trim();
    if (text.length < 2) return close();
    const answer = await fetch(`/find?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || input.value.trim() !== text) return;
    const found = (await answer.json()) as Found[];
    list.replaceChildren(...(found.length ? found.map(option) : [make("p", "empty", say("nothing"))]));
    list.hidden = false;
    chosen = -1;
    input.setAttribute("aria-expanded", "true");
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      list.querySelectorAll<HTMLAnchorElement>("[role=option]")[chosen]?.click();
    }
  });
  document.addEventListener("click", (event) => {
    if (!(event.target as HTMLElement).closest(".find")) close();
  });
}

function option(found: Found, index: number): HTMLElement {
  const link = make("a");
  link.href = found.go;
  link.id = `result-${index}`;
  link.setAttribute("role", "option");
  link.setAttribute("aria-selected", "false");
  link.tabIndex = -1;
  link.append(make("span", "kind", found.kind), make("b", "", found.code), make("span", "said", found.said));
  return link;
}
