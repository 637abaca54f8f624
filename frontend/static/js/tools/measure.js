// Measuring: lengths along corners, and the surface when they are closed.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { collectCorners } from "./corners.js";
import { areaM2, distanceM } from "./geodesy.js";
import { actions, button, foldedForm } from "./panel.js";
import { Refusal } from "./positions.js";
import { parsePositions } from "./shapes.js";
import { lengthWords, surfaceWords } from "./sizes.js";

const HINT =
  _("Click from point to point. The first point again closes an area; Enter ends, Backspace removes the last point, Escape closes.");
const ARROWS_HINT = _("The arrow keys move the map under the cross; Space sets a point there, Enter ends.");

/** @param {import("./index.js").Context} context */
export function start(context) {
  const { map, panel } = context;
  /** @type {any} */
  let session = null;
  let isEnded = false;
  const result = element("dl", { class: "tool-result" });
  // Only while points are being set.
  const close = button(_("Close the area"), () => end(true));
  const undo = button(_("Remove last point"), () => session.undo());
  const setEnded = (on) => {
    isEnded = on;
    close.hidden = on;
    undo.hidden = on;
  };
  const end = (isClosed) => {
    if (isClosed && session.corners().length < 3) {
      panel.refuse(_("An area needs three points or more."));
      return;
    }
    setEnded(true);
    session.rest();
    finish(panel, result, session, isClosed);
  };
  const begin = () => {
    session?.stop();
    setEnded(false);
    session = collectCorners(map, {
      onChange: (corners) => {
        panel.refuse("");
        result.replaceChildren(...lengthRows(corners));
        panel.speak(corners.length > 1 ? spoken(result) : "");
      },
      onMove: (corners, here) => result.replaceChildren(...lengthRows([...corners, here])),
      onFinish: end,
    });
    result.replaceChildren();
    panel.say(HINT);
  };
  panel.open(
    _("Measure"),
    result,
    actions(
      close,
      undo,
      button(_("Start again"), begin),
      button(_("Measure with the arrow keys"), () => {
        if (isEnded) begin();
        session.useArrows();
        panel.say(ARROWS_HINT);
      }),
    ),
    foldedForm(panel, {
      heading: _("Type the points"),
      fields: [{ name: "points", label: _("Points"), rows: 4, hint: _("one to a line: latitude, longitude") }],
      submit: _("Measure these"),
      use: ({ points }) => {
        const typed = readPoints(points);
        begin();
        session.set(typed.corners);
        end(typed.isClosed);
        fitPoints(context, typed.corners);
      },
    }),
  );
  begin();
  return { key: (event) => !isEnded && session.key(event), stop: () => session.stop() };
}

/** Points that come back to the first one enclose an area. */
function readPoints(text) {
  const corners = parsePositions(text);
  if (corners.length < 2) throw new Refusal(_("Measuring needs two points or more, one to a line."));
  const isClosed = corners.length > 3 && String(corners[0]) === String(corners.at(-1));
  return { corners: isClosed ? corners.slice(0, -1) : corners, isClosed };
}

function fitPoints({ map, panel, still }, corners) {
  const bounds = L.latLngBounds(corners.map(([lon, lat]) => [lat, lon]));
  map.fitBounds(bounds, { animate: !still, maxZoom: 16, ...panel.room(40) });
}

function finish(panel, result, session, isClosed) {
  const corners = session.corners();
  if (isClosed) {
    session.sketch.line([...corners, corners[0]]);
    session.sketch.surface(corners);
    result.replaceChildren(
      row(_("Perimeter"), lengthWords(along([...corners, corners[0]]))),
      row(_("Area"), surfaceWords(areaM2(corners))),
    );
  } else result.replaceChildren(...lengthRows(corners));
  panel.say(_("Measured. The figures can be selected and copied."));
  panel.speak(spoken(result));
}

const along = (corners) => corners.slice(1).reduce((sum, corner, i) => sum + distanceM(corners[i], corner), 0);

function lengthRows(corners) {
  if (corners.length < 2) return [];
  return [row(_("Last"), lengthWords(along(corners.slice(-2)))), row(_("Total"), lengthWords(along(corners)))];
}

const row = (term, value) => element("div", {}, element("dt", {}, term), element("dd", {}, value));

const spoken = (result) => [...result.children].map((line) => [...line.children].map((c) => c.textContent).join(" ")).join(", ");
