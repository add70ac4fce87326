// Hands a file to the browser's downloads.

/** blob: what is in the file. name: what it is called. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the browser may not have begun to read it
}
