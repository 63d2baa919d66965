/** The element that the page's HTML promises. @throws if it is not there or of another kind. */
export function element<E extends Element>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`index.html has no ${kind.name} #${id}`)
}

/** Sets a text, and leaves the document alone where it is already that. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
