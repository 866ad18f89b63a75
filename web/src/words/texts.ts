import { defineTexts } from '../i18n/texts'

/** What messages and conversations are called that have no words of their own. */
export const wordTexts = defineTexts({
  en: {
    ownDevices: 'My devices',
    image: 'Photo',
    video: 'Video',
    audio: 'Audio',
    location: 'Location',
    file: (name: string) => `File: ${name}`,
  },
  zh: {
    ownDevices: '我的设备',
    image: '图片',
    video: '视频',
    audio: '音频',
    location: '位置',
    file: (name: string) => `文件：${name}`,
  },
})
