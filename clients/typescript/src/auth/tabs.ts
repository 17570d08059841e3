/** Tabs in step: what one tab says about a log-in is heard by the others. */

/** What happened in another tab. */
export interface TabNews {
  backend: string;
  what: "login" | "logout";
}

const NAME = "portcullis-auth";
let channel: BroadcastChannel | undefined;
const listeners = new Set<(news: TabNews) => void>();

function open(): BroadcastChannel | undefined {
  if (channel || typeof BroadcastChannel === "undefined") return channel;
  channel = new BroadcastChannel(NAME);
  channel.onmessage = (message: MessageEvent<TabNews>) => {
    for (const listener of listeners) listener(message.data);
  };
  // Node ends although somebody could still be told something.
  (channel as unknown as { unref?: () => void }).unref?.();
  return channel;
}

/** Tells the other tabs. */
export function tell(news: TabNews): void {
  open()?.postMessage(news);
}

/** Hears the other tabs. */
export function onTab(listener: (news: TabNews) => void): void {
  listeners.add(listener);
  open();
}
