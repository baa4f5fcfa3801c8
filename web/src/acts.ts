/** Accept or reject a decision without leaving the page; Enter on a focused card accepts. */
import { refusal, say, tell } from "./page";

export function acts(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form.act")) return;
    event.preventDefault();
    void act(form, event.submitter as HTMLButtonElement | null);
  });
  document.addEventListener("keydown", (event) => {
    const card = event.target as HTMLElement;
    if (event.key !== "Enter" || !card.matches?.(".wait")) return;
    const button = card.querySelector<HTMLButtonElement>('button[value="accepted"]');
    if (!button || button.disabled) return;
    event.preventDefault();
    button.form?.requestSubmit(button);
  });
}

async function act(form: HTMLFormElement, button: HTMLButtonElement | null): Promise<void> {
  const body = new FormData(form, button);
  const buttons = form.querySelectorAll("button");
  for (const b of buttons) b.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) {
    for (const b of buttons) b.disabled = false;
    tell(await refusal(answer));
    return;
  }
  const done = (await answer.json()) as { state: string; said: string };
  tell(done.said);
  const card = form.closest<HTMLElement>(".wait, [data-decision]");
  if (card) {
    card.dataset["done"] = done.state;
    for (const slot of card.querySelectorAll<HTMLElement>("[data-state]")) {
      slot.textContent = say(done.state);
      slot.hidden = false;
    }
    form.remove();
    if (card.matches(".wait")) {
      const next = card.nextElementSibling;
      if (next instanceof HTMLElement && next.matches(".wait")) next.focus();
    }
  }
  for (const count of document.querySelectorAll<HTMLElement>("[data-waiting]")) {
    const left = Number(count.dataset["waiting"]) - 1;
    count.dataset["waiting"] = String(left);
    count.textContent = String(left);
  }
}
