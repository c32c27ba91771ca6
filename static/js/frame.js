/* The frame around every page: the appearance switch without a reload, menus that close. */

const root = document.documentElement;

for (const form of document.querySelectorAll("[data-theme-form]")) {
  form.addEventListener("submit", (event) => {
    const theme = event.submitter && event.submitter.value;
    if (!theme) return;
    event.preventDefault();
    const secure = location.protocol === "https:" ? "; Secure" : "";
    if (theme === "auto") {
      delete root.dataset.theme;
      document.cookie = `meterside_theme=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
    } else {
      root.dataset.theme = theme;
      document.cookie = `meterside_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    }
    for (const button of form.querySelectorAll("button")) {
      if (button.value === theme) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    close(form.closest("details"));
    document.dispatchEvent(new Event("meterside:theme"));
  });
}

function close(menu) {
  if (!menu || !menu.open) return;
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach(close);
});

/* A form that cannot be taken back asks first. */
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}
