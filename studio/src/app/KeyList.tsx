/** `?`: every key of the page one is on, and those that work everywhere. */
import { Button } from "@/parts/Button"
import { Dialog } from "@/parts/Dialog"
import { EVERYWHERE, type KeyText, keysOf } from "@/text/keys"
import { t } from "@/text/t"
import css from "./KeyList.module.css"

export default function KeyList({ path, onClose }: { path: string; onClose: () => void }) {
  const here = keysOf(path)
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("keys.title")}
      actions={<Button onClick={onClose}>{t("keys.close")}</Button>}
    >
      {here.length > 0 && <Keys title={t("keys.here")} keys={here} />}
      <Keys title={t("keys.everywhere")} keys={EVERYWHERE} />
    </Dialog>
  )
}

function Keys({ title, keys }: { title: string; keys: readonly KeyText[] }) {
  return (
    <section className={css.keys} aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {keys.map((one) => (
          <div key={one.does}>
            <dt>
              {one.keys.map((together) => (
                <span key={together.join()}>
                  {together.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </span>
              ))}
            </dt>
            <dd>{one.does}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
