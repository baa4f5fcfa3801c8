/** Which small helpers make the server's pages quicker to use? Each page works without them. */
import { acts } from "./acts";
import { board } from "./board";
import { gantt } from "./gantt";
import { grid } from "./grid";
import { jobs } from "./jobs";
import { phone } from "./phone";
import { photo } from "./photo";
import { search } from "./search";
import { fresh } from "./fresh";
import { live } from "./live";
import { map } from "./map";
import { station } from "./station";
import { visit } from "./visit";

for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-sends]")) {
  select.addEventListener("change", () => select.form?.requestSubmit());
}
for (const button of document.querySelectorAll<HTMLElement>("[data-hidden-by-script]")) button.hidden = true;
search();
live();
fresh();
station();
acts();
jobs();
map();
grid();
board();
gantt();
photo();
visit();
phone();
