// The points of the review sheet are added up while they are typed, and the grade that the sum suggests is shown; the
// reviewer's own tick is never touched. Without script the button "Add up" does the same on the server.
const box = document.querySelector("[data-points]");
if (box) {
  const fields = Array.from(box.querySelectorAll("input[name^='points.']"));
  const words = {};
  for (const radio of document.querySelectorAll("input[name=overall]")) words[radio.value] = radio.parentElement.textContent.trim();
  const least = ["excellent", "good", "fair", "poor"].map((grade) => [grade, Number(box.dataset[grade])]);
  box.querySelector("[data-without-script]").hidden = true;
  box.addEventListener("input", () => {
    const given = fields.filter((field) => field.value !== "" && field.validity.valid);
    const sum = given.reduce((total, field) => total + Number(field.value), 0);
    const share = (sum * 100) / Number(box.dataset.most);
    const grade = least.find(([, from]) => share >= from);
    box.querySelector("[data-sum]").textContent = given.length ? String(sum) : "";
    box.querySelector("[data-suggested]").textContent = given.length === fields.length && grade ? words[grade[0]] : "—";
  });
}
