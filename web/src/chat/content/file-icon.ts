import {
  type Icon,
  IconFile,
  IconFileCode,
  IconFileSpreadsheet,
  IconFileText,
  IconFileTypePdf,
  IconFileZip,
  IconMovie,
  IconMusic,
  IconPhoto,
  IconPresentation,
} from '@tabler/icons-react'

const TYPES: [Icon, string][] = [
  [IconFileTypePdf, 'pdf'],
  [IconFileText, 'txt md rtf doc docx odt pages log'],
  [IconFileSpreadsheet, 'csv xls xlsx ods numbers'],
  [IconPresentation, 'ppt pptx odp key'],
  [IconFileZip, 'zip rar 7z gz tgz tar bz2 xz'],
  [IconFileCode, 'js ts jsx tsx json html css xml yml yaml py rb go rs java c h cpp sh sql'],
  [IconPhoto, 'png jpg jpeg gif webp svg bmp heic tiff psd avif'],
  [IconMusic, 'mp3 wav ogg m4a flac aac opus amr'],
  [IconMovie, 'mp4 mov mkv webm avi m4v'],
]
const ICONS = new Map(TYPES.flatMap(([icon, names]) => names.split(' ').map((name) => [name, icon] as const)))

/** A picture of what kind of file it is, as its name says. */
export function fileIcon(name: string): Icon {
  return ICONS.get(name.split('.').at(-1)?.toLowerCase() ?? '') ?? IconFile
}
