// In a notebook: what is asked goes to Python, where the student's functions compute the answer.

export default {
  render({ model, el }) {
    function compute(asked) {
      return new Promise(done => {
        const turn = `${Date.now()} ${Math.random()}`;
        const heard = () => {
          if (model.get("answer").turn !== turn) return;
          model.off("change:answer", heard);
          done(model.get("answer"));
        };
        model.on("change:answer", heard);
        model.set("asked", { ...asked, turn });
        model.save_changes();
      });
    }
    draw(add(el, "div"), compute, { asked: model.get("asked"), answer: model.get("answer") });
  },
};
