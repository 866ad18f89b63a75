import { Button, Group, Text, Textarea, TextInput } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import type { Session } from 'nudge-sdk'
import { useState } from 'react'
import { isComposing } from '../browser/keys'
import { useTexts } from '../i18n/texts'
import { useTask } from '../platform/use-task'
import { DangerButton } from '../ui/danger-button'
import { PersonAvatar } from '../ui/person-avatar'
import { useFirstFocus } from '../ui/use-first-focus'
import css from './group-details.module.css'
import { countJoined } from './joined'
import { PictureButton } from './picture-button'
import { groupTexts } from './texts'
import { useAnnounce } from './use-announce'

/** What a group is called and looks like, and the way to change that for who may. */
export function GroupHead({ session, mayEdit }: { session: Session; mayEdit: boolean }) {
  const t = useTexts(groupTexts)
  const announce = useAnnounce(session)
  const { isBusy, run } = useTask()
  const [isEditing, setEditing] = useState(false)
  const { name, avatarUrl, description } = session
  const count = countJoined(session.members.items)
  const changePicture = async (src: string) => {
    await session.update({ avatarUrl: src })
    announce('saidPicture')
  }
  return (
    <div className={css.head}>
      {mayEdit ? (
        <PictureButton name={name} src={avatarUrl} size={88} onPicked={changePicture} />
      ) : (
        <PersonAvatar name={name} src={avatarUrl} size={88} />
      )}
      {isEditing && mayEdit ? (
        <Form session={session} onDone={() => setEditing(false)} />
      ) : (
        <>
          <h2 className={css.name}>{name}</h2>
          {count > 0 && (
            <Text size="sm" c="dimmed">
              {t.count(count)}
            </Text>
          )}
          {description !== '' && <p className={css.description}>{description}</p>}
          {session.isOver && (
            <Text size="sm" c="dimmed" mt="xs">
              {t.isOver}
            </Text>
          )}
          {mayEdit && (
            <Group mt="xs" gap="xs" justify="center">
              <Button
                className={css.change}
                size="compact-sm"
                variant="subtle"
                leftSection={<IconPencil size={16} aria-hidden />}
                onClick={() => setEditing(true)}
              >
                {t.edit}
              </Button>
              {avatarUrl !== '' && (
                <DangerButton
                  className={css.change}
                  size="compact-sm"
                  loading={isBusy}
                  onClick={() => void run(() => changePicture(''))}
                >
                  {t.removePicture}
                </DangerButton>
              )}
            </Group>
          )}
        </>
      )}
    </div>
  )
}

function Form({ session, onDone }: { session: Session; onDone(): void }) {
  const t = useTexts(groupTexts)
  const announce = useAnnounce(session)
  const { isBusy, run } = useTask()
  const [name, setName] = useState(session.name)
  const [description, setDescription] = useState(session.description)
  const input = useFirstFocus<HTMLInputElement>()

  const save = async () => {
    const change = {
      ...(name.trim() !== session.name && { name: name.trim() }),
      ...(description.trim() !== session.description && { description: description.trim() }),
    }
    if (Object.keys(change).length > 0) await session.update(change)
    if (change.name !== undefined) announce('saidRenamed', change.name)
    onDone()
  }
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault()
        void run(save)
      }}
      // Only the form is left, not the panel around it.
      data-keeps-escape
      onKeyDown={(event) => event.key === 'Escape' && !isComposing(event) && onDone()}
    >
      <TextInput
        ref={input}
        label={t.name}
        required
        maxLength={255}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={t.description}
        placeholder={t.descriptionHint}
        maxLength={255}
        autosize
        minRows={2}
        maxRows={6}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={onDone}>
          {t.cancel}
        </Button>
        <Button size="xs" type="submit" loading={isBusy} disabled={name.trim() === ''}>
          {t.save}
        </Button>
      </Group>
    </form>
  )
}
