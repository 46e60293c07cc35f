const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** A moment in the reader's own time zone; rendered in the browser only, where that is known. */
export function PointInTime({ label, at }: { readonly label: string; readonly at: string }) {
  return (
    <>
      {label} <time dateTime={at}>{format.format(new Date(at))}</time>
    </>
  );
}
