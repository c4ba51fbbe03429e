/** Where the studio is served: the path of the page's `<base>`, without its last slash ("" at the root). */
export const prefix = new URL(document.baseURI).pathname.replace(/\/+$/, "")
