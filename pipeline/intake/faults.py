"""What can be wrong with one file of the drop folder: stable codes and what staff read about them."""

from __future__ import annotations

from pipeline.errors import FileError

MESSAGES = {
    "empty_file": "文件是空的（0 字节）。请重新扫描或重新复制这个文件。",
    "not_an_image": "文件内容不是图片或 PDF{detail}。请确认文件没有放错，需要时重新扫描后放入。",
    "unsupported_type": (
        "不支持的文件类型：{detail}。请把它另存为 PDF，或导出为 JPEG、PNG、TIFF、HEIC、BMP、WebP 图片后重新放入。"
    ),
    "truncated_file": "文件不完整，可能复制或上传时中断。请从扫描仪或手机重新复制完整的文件。",
    "password_protected": "PDF 设有密码，无法打开。请取消密码后另存一份，再放入文件夹。",
    "too_many_pages": "文件页数超过上限（上限 {limit} 页）。请按单据拆分成几个文件，或调大设置 limits.max_pages。",
    "too_many_pixels": (
        "第 {page} 页图像过大（{width} × {height} 像素，上限 {limit} 像素）。"
        "请用 200 至 300 dpi 重新扫描，或调大设置 limits.max_pixels。"
    ),
    "too_many_bytes": (
        "文件过大（{size} 字节，上限 {limit} 字节）。请降低分辨率重新扫描，或调大设置 limits.max_bytes。"
    ),
    "corrupt_file": "文件已损坏，无法读出{detail}。请重新扫描，或从原处重新复制这个文件。",
    "unreadable_file": "无法读取文件（{detail}）。请确认文件还在、没有被其他程序占用，并且有读取权限，然后重新运行。",
    "link_refused": "这是一个链接（快捷方式），不是文件本身，出于安全考虑不予处理。请把原文件复制到扫描文件夹中。",
    "special_file": "这不是普通文件（例如设备或管道），无法处理。请把它移出扫描文件夹。",
    "bad_name": "文件名含有无法识别的字符编码。请重新命名这个文件（例如用中文、字母和数字），然后重新运行。",
}
"""Chinese messages by code; the braces are filled in by :func:`fault`."""


def fault(code: str, **facts: object) -> FileError:
    """The error with ``code``; ``facts`` fill in the braces of its message (``detail`` may be left out)."""
    return FileError(MESSAGES[code].format(**{"detail": "", **facts}), code=code)


def unreadable(error: OSError) -> FileError:
    """An operating system error while a file is opened or read, as ``unreadable_file``."""
    if isinstance(error, FileNotFoundError):
        detail = "文件已不在原处"
    elif isinstance(error, PermissionError):
        detail = "没有读取权限，或正被其他程序占用"
    else:
        detail = error.strerror or type(error).__name__
    return fault("unreadable_file", detail=detail)
