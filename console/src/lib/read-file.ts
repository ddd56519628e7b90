/** A file's text, read piece by piece, so that one sees how far it is and may stop it. */
export async function readText(file: Blob, signal: AbortSignal, onRead: (bytes: number) => void): Promise<string> {
  const reader = file.stream().getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    onRead((bytes += value.byteLength));
  }
}
