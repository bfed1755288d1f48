"use strict";
// The tree of a mechanism, grown as it is opened from tables of states; every label is written as text.
(() => {
  const CHUNK = 60, MOST = 400;

  const make = (name, said = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(said)) {
      if (value === true) node.setAttribute(key, "");
      else if (value !== false && value !== null) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const near = (x) => String(+x.toPrecision(4));

  function explore(box) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const last = data.periods.length - 1;
    const place = (t) => Math.min(t, last);
    const period = (t) => data.periods[place(t)];
    const sizes = data.periods.map((p) => p.types.map((labels) => labels.length));
    const count = sizes.map((own) => own.reduce((a, b) => a * b, 1));
    let unlikely = false, chosen = null;

    const digits = (t, s) => {
      const own = sizes[place(t)], at = new Array(own.length);
      for (let i = own.length - 1; i >= 0; i--) { at[i] = s % own[i]; s = Math.floor(s / own[i]); }
      return at;
    };
    const profile = (t, at) => at.reduce((s, k, i) => s * sizes[place(t)][i] + k, 0);

    // How likely a profile is after the last one and an action; null where the page does not know.
    function chance(t, s, before, action) {
      if (!data.laws) return null;
      const law = data.laws[t === 0 ? 0 : place(t - 1) + 1], now = digits(t, s);
      const then = before ? digits(before.t, before.s) : now.map(() => 0);
      if (law.joint) {
        const row = before ? (law.actions > 1 ? action : 0) * count[place(t - 1)] + before.s : 0;
        return law.joint[row * count[place(t)] + s];
      }
      let all = 1;
      law.agents.forEach((own, i) => {
        let at = 0;
        [action, ...own.given.map((j) => now[j]), then[i]].forEach((k, axis) => {
          const length = own.shape[axis];
          at = at * length + (length > 1 ? k : 0);
        });
        all *= own.to === 0 ? Number(own.table[at] === now[i]) : own.table[at * own.to + now[i]];
      });
      return all;
    }

    // Nodes: "report" (period t, memory m, profile s), "action" (a, target), "lot" (memory m).
    const row = (node) => node.m * count[place(node.t)] + node.s;
    const lottery = (node) => {
      const flat = period(node.t).lotteries[period(node.t).does[row(node)]], pairs = [];
      for (let k = 0; k < flat.length; k += 2) pairs.push([flat[k], data.numbers[flat[k + 1]]]);
      return pairs;
    };
    const opens = (node) => node.kind !== "report" || period(node.t).next !== null;
    const report = (node) => (node === null || node.kind === "report" ? node : report(node.parent));
    const acted = (node) => {
      for (let one = node; one && one.kind !== "report"; one = one.parent) if (one.kind === "action") return one.a;
      const taken = report(node) ? lottery(report(node)) : [];
      return taken.length ? taken[0][0] : 0;
    };

    function reports(t, m, parent) {
      const before = report(parent), action = before ? acted(parent) : 0, nodes = [];
      for (let s = 0; s < count[place(t)]; s++) {
        const likely = chance(t, s, before, action);
        if (likely === 0 && !unlikely) continue;
        nodes.push({ kind: "report", t, m, s, likely, parent, level: parent ? parent.level + 1 : 1 });
      }
      return nodes;
    }
    function after(t, target, parent) {
      const draws = period(t).draws;
      if (!draws) return reports(t + 1, target, parent);
      const lots = draws[target];
      if (lots.length === 2) return reports(t + 1, lots[0], parent);
      const nodes = [];
      for (let k = 0; k < lots.length; k += 2) {
        nodes.push({ kind: "lot", t, m: lots[k], share: data.numbers[lots[k + 1]], parent, level: parent.level + 1 });
      }
      return nodes;
    }
    function children(node) {
      if (node === null) return (roots ??= reports(0, data.start, null));
      if (node.children) return node.children;
      if (!opens(node)) return (node.children = []);
      if (node.kind === "lot") return (node.children = reports(node.t + 1, node.m, node));
      if (node.kind === "action") return (node.children = after(node.t, node.target, node));
      const next = period(node.t).next[row(node)];
      if (next >= 0) return (node.children = after(node.t, next, node));
      const flat = period(node.t).branches[-1 - next], taken = new Map(lottery(node));
      node.children = [];
      for (let k = 0; k < flat.length; k += 2) {
        node.children.push({
          kind: "action", t: node.t, a: flat[k], target: flat[k + 1], share: taken.get(flat[k]), parent: node,
          level: node.level + 1,
        });
      }
      return node.children;
    }
    let roots = null;

    const said = (node) =>
      digits(node.t, node.s).map((k, i) => `${data.agents[i]}: ${period(node.t).types[i][k]}`).join(", ");
    const does = (node) => {
      const pairs = lottery(node), names = period(node.t).actions;
      if (period(node.t).goods) return pairs.map(([a, x]) => `${names[a]} ${x}`).join(", ");
      return pairs.length === 1 ? names[pairs[0][0]] : pairs.map(([a, x]) => `${names[a]} ${x}`).join(", ");
    };
    const pays = (node) => {
      const bill = period(node.t).bills[period(node.t).pays[row(node)]];
      return data.private.map((i, k) => `${data.agents[i]} pays ${data.numbers[bill[k]]}`).join(", ");
    };

    // ---- the tree -------------------------------------------------------------------------------------
    const root = box.querySelector("[role=tree]"), live = box.querySelector(".told"), path = box.querySelector(".path");
    const nodes = new WeakMap();

    function line(node) {
      const parts = [];
      if (node.kind === "report") {
        parts.push(make("span", { class: "when" }, `period ${node.t}`), make("span", { class: "says" }, said(node)));
        parts.push(make("span", { class: "does" }, does(node)));
        if (data.private.length) parts.push(make("span", { class: "pays" }, pays(node)));
        if (node.likely !== null) parts.push(make("span", { class: "likely" }, `chance ${near(node.likely)}`));
      } else if (node.kind === "action") {
        parts.push(make("span", { class: "when" }, "then"), make("span", { class: "does" }, period(node.t).actions[node.a]));
        parts.push(make("span", { class: "likely" }, `chance ${node.share}`));
      } else {
        parts.push(make("span", { class: "when" }, "a draw"), make("span", { class: "says" }, `memory ${node.m}`));
        parts.push(make("span", { class: "likely" }, `chance ${node.share}`));
      }
      return parts;
    }
    function item(node, position, among) {
      const open = opens(node);
      const li = make("li", {
        role: "treeitem", tabindex: "-1", "aria-level": node.level, "aria-posinset": position, "aria-setsize": among,
        "aria-expanded": open ? "false" : null, "aria-selected": "false", class: node.likely === 0 ? "never" : null,
      }, make("div", { class: "line" }, make("span", { class: "mark", "aria-hidden": "true" }), ...line(node)));
      nodes.set(li, node);
      node.li = li;
      return li;
    }
    function more(list, kin, shown) {
      const upto = Math.min(shown + CHUNK, kin.length);
      for (let k = shown; k < upto; k++) list.append(item(kin[k], k + 1, kin.length));
      if (upto < kin.length) {
        const li = make("li", { role: "treeitem", tabindex: "-1", class: "more", "aria-level": kin[0].level,
          "aria-posinset": upto + 1, "aria-setsize": kin.length, "aria-selected": "false" },
          make("div", { class: "line" }, `… ${kin.length - upto} more`));
        li.grow = () => { li.remove(); more(list, kin, upto); return kin[upto].li; };
        list.append(li);
      }
      return upto;
    }
    function expand(li) {
      const node = nodes.get(li);
      if (!node || li.getAttribute("aria-expanded") !== "false") return;
      li.setAttribute("aria-expanded", "true");
      if (!li.querySelector(":scope > ul")) {
        const list = make("ul", { role: "group" });
        li.append(list);
        more(list, children(node), 0);
      }
    }
    const collapse = (li) => { if (li.getAttribute("aria-expanded") === "true") li.setAttribute("aria-expanded", "false"); };
    const toggle = (li) => (li.getAttribute("aria-expanded") === "true" ? collapse(li) : expand(li));
    const opened = (li) => li.getAttribute("aria-expanded") === "true";
    const above = (li) => li.parentElement.closest("[role=treeitem]");
    const deepest = (li) => {
      while (opened(li) && li.lastElementChild.lastElementChild) li = li.lastElementChild.lastElementChild;
      return li;
    };
    const below = (li) => {
      if (opened(li) && li.lastElementChild.firstElementChild) return li.lastElementChild.firstElementChild;
      while (li && !li.nextElementSibling) li = above(li);
      return li && li.nextElementSibling;
    };

    function select(li, focus) {
      for (const old of root.querySelectorAll("[tabindex='0'], [aria-selected=true]")) {
        old.tabIndex = -1;
        old.setAttribute("aria-selected", "false");
      }
      li.tabIndex = 0;
      const node = nodes.get(li);
      if (node) { li.setAttribute("aria-selected", "true"); chosen = node; tell(node); choices(node); }
      if (focus) li.focus({ preventScroll: true });
      li.firstElementChild.scrollIntoView({ block: "nearest" });
    }
    function grow() {
      roots = null;
      root.replaceChildren();
      const kin = children(null);
      more(root, kin, 0);
      if (root.firstElementChild) root.firstElementChild.tabIndex = 0;
      if (kin.length <= 8) for (const node of kin) expand(node.li);
    }
    // Open all above a node, as far down each list as it stands, and select it.
    function reveal(node, focus) {
      const line = [];
      for (let one = node; one; one = one.parent) line.unshift(one);
      for (const one of line) {
        if (!one.li) {
          const list = one.parent ? one.parent.li.querySelector(":scope > ul") : root;
          while (!one.li) list.lastElementChild.grow();
        }
        if (one !== node) expand(one.li);
      }
      expand(node.li);
      select(node.li, focus);
    }
    function openAll(depth) {
      let lines = root.querySelectorAll("li").length, whole = true;
      const queue = [...children(null)];
      for (let k = 0; k < queue.length; k++) {
        const node = queue[k];
        if (!node.li) { whole = false; continue; }
        if (!opens(node) || node.t + 1 >= depth + (node.kind === "report" ? 0 : 1)) continue;
        if (lines > MOST) { whole = false; break; }
        const fresh = !node.children;
        expand(node.li);
        if (fresh) lines += Math.min(children(node).length, CHUNK);
        queue.push(...children(node));
      }
      return whole;
    }

    root.addEventListener("click", (event) => {
      const li = event.target.closest("[role=treeitem]");
      if (!li) return;
      if (li.grow) { select(li.grow(), true); return; }
      if (nodes.get(li) === chosen || event.target.closest(".mark")) toggle(li);
      else expand(li);
      select(li, true);
    });
    root.addEventListener("keydown", (event) => {
      const li = event.target.closest("[role=treeitem]");
      if (!li || event.altKey || event.ctrlKey || event.metaKey) return;
      let to = null;
      if (event.key === "ArrowDown") to = below(li);
      else if (event.key === "ArrowUp") to = li.previousElementSibling ? deepest(li.previousElementSibling) : above(li);
      else if (event.key === "ArrowRight") {
        if (li.getAttribute("aria-expanded") === "false") expand(li);
        else if (opened(li)) to = li.lastElementChild.firstElementChild;
      } else if (event.key === "ArrowLeft") {
        if (opened(li)) collapse(li);
        else to = above(li);
      } else if (event.key === "Home") to = root.firstElementChild;
      else if (event.key === "End") to = deepest(root.lastElementChild);
      else if (event.key === "Enter" || event.key === " ") {
        if (li.grow) to = li.grow();
        else toggle(li);
      } else if (event.key === "*") for (const one of li.parentElement.children) expand(one);
      else return;
      event.preventDefault();
      if (to) select(to, true);
    });

    // ---- the path: what is chosen, period by period ---------------------------------------------------
    const lineage = (node) => { const all = []; for (let one = node; one; one = one.parent) all.unshift(one); return all; };

    function tell(node) {
      const parts = lineage(node).map((one) =>
        one.kind === "report" ? `period ${one.t}: ${said(one)}` : one.kind === "action" ? period(one.t).actions[one.a]
          : `draw to memory ${one.m}`);
      const own = report(node);
      let reached = 1;
      for (const one of lineage(node)) {
        if (one.kind === "report") reached = one.likely === null ? NaN : reached * one.likely;
        else reached *= fraction(one.share);
      }
      const how = Number.isNaN(reached) ? "" : ` Truth comes here with probability ${near(reached)}.`;
      const paid = data.private.length ? `; ${pays(own)}` : "";
      live.textContent = `${parts.join("; ")}. The mechanism: ${does(own)}${paid}.${how}`;
    }
    const fraction = (text) => { const [a, b] = text.split("/"); return b ? a / b : Number(a); };

    const same = (node, choice) =>
      node.kind === choice.kind &&
      (node.kind === "report" ? node.s === choice.s : node.kind === "action" ? node.a === choice.a : node.m === choice.m);
    const choice = (node) => ({ kind: node.kind, s: node.s, a: node.a, m: node.m });
    // Follow choices from the top as far as they lead.
    function follow(list, focus) {
      let node = null;
      for (const one of list) {
        const kin = children(node);
        const next = kin.find((child) => same(child, one)) ?? (one.any ? kin.find(one.any) ?? kin[0] : undefined);
        if (!next) break;
        node = next;
      }
      if (node) reveal(node, focus);
    }
    function choices(node) {
      path.replaceChildren();
      const line = lineage(node);
      line.forEach((one, k) => path.append(step(one, line.slice(0, k).map(choice), line.slice(k + 1).map(choice), children(one.parent))));
      if ((!node || opens(node)) && children(node).length) path.append(step(null, line.map(choice), [], children(node)));
    }
    function step(own, before, later, kin) {
      const kind = kin[0].kind;
      const t = kind === "report" ? kin[0].t : null;
      const group = make("fieldset", {}, make("legend", {}, kind === "report" ? `period ${t}` : kind === "action" ? "action" : "draw"));
      const go = (next, id) => { follow([...before, next, ...later], false); document.getElementById(id)?.focus({ preventScroll: true }); };
      const pick = (name, options, at, then) => {
        const id = `${box.id}-${before.length}-${group.children.length}`;
        const list = make("select", { id });
        if (own === null) list.append(make("option", { value: "" }, "choose …"));
        options.forEach(([value, label]) => list.append(make("option", { value, selected: own !== null && value === at }, label)));
        list.addEventListener("change", () => { if (list.value !== "") go(then(Number(list.value)), id); });
        group.append(make("label", {}, name ? `${name} ` : "", list));
      };
      if (kind === "report") {
        const at = digits(t, own ? own.s : kin[0].s), every = kin.map((one) => digits(t, one.s));
        data.agents.forEach((name, i) => {
          const those = [...new Set(every.map((one) => one[i]))].sort((a, b) => a - b);
          if (those.length < 2 && data.agents.length > 1) return;
          pick(name, those.map((k) => [k, period(t).types[i][k]]), at[i], (k) => {
            const wish = at.map((x, j) => (j === i ? k : x));
            return { kind: "report", s: profile(t, wish), any: (one) => digits(t, one.s)[i] === k };
          });
        });
      } else if (kind === "action") {
        pick("", kin.map((one) => [one.a, period(one.t).actions[one.a]]), own?.a, (a) => ({ kind, a }));
      } else {
        pick("", kin.map((one) => [one.m, `memory ${one.m}, chance ${one.share}`]), own?.m, (m) => ({ kind, m }));
      }
      return group;
    }

    // Along the reports of a history: labels by agent, and of actions.
    function along(history) {
      let node = null;
      for (const entry of history) {
        const agrees = (one) => digits(one.t, one.s).every((k, i) =>
          !(data.agents[i] in entry.reports) || entry.reports[data.agents[i]] === period(one.t).types[i][k]);
        let next = children(node).find((one) => one.kind === "report" && agrees(one));
        if (!next) break;
        node = next;
        while (entry !== history.at(-1) && opens(node) && children(node).length && children(node)[0].kind !== "report") {
          node = children(node).find((one) => one.kind === "action" && period(one.t).actions[one.a] === entry.action) ?? children(node)[0];
        }
      }
      if (node) reveal(node, true);
    }

    box.querySelector(".open").addEventListener("click", () => {
      live.textContent = openAll(Infinity) ? "All is open." : `Opened as far as ${MOST} lines go.`;
    });
    box.querySelector(".close").addEventListener("click", () => {
      for (const li of root.querySelectorAll("[aria-expanded=true]")) collapse(li);
      if (root.firstElementChild) select(root.firstElementChild, false);
    });
    const all = box.querySelector(".unlikely");
    if (!data.laws) all.closest("label").hidden = true;
    all.addEventListener("change", () => {
      unlikely = all.checked;
      const kept = chosen ? lineage(chosen).map(choice) : [];
      grow();
      follow(kept, false);
    });
    const depth = box.querySelector(".depth"), printed = box.querySelector(".printed");
    let were = null;
    window.addEventListener("beforeprint", () => {
      were = [...root.querySelectorAll("[aria-expanded=true]")];
      const until = Number(depth.value);
      for (const li of were) if (nodes.get(li).t + 1 >= until) collapse(li);
      const whole = openAll(until);
      printed.textContent = `Printed are the first ${until === 1 ? "period" : `${until} periods`}` +
        (whole ? "." : `, as far as ${MOST} lines go.`);
    });
    window.addEventListener("afterprint", () => {
      for (const li of root.querySelectorAll("[aria-expanded=true]")) collapse(li);
      for (const li of were ?? []) li.setAttribute("aria-expanded", "true");
    });
    for (const button of document.querySelectorAll(`[data-tree="${box.id}"]`)) {
      button.hidden = false;
      button.addEventListener("click", () => {
        along(JSON.parse(button.dataset.history));
        box.scrollIntoView({ block: "start" });
      });
    }
    grow();
    choices(null);
    box.hidden = false;
  }

  document.querySelectorAll(".explorer").forEach(explore);
})();
