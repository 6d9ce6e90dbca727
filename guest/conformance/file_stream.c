/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Alternate streams.
 * Known from: MSDN "File Streams", FILE_STREAM_INFORMATION; A. Russinovich, Inside Windows 2000, ch. 12.
 */
#include "ntapi_file.h"

static HANDLE file, stream, other;
static struct { ULONG next, length; LI size, allocation; WCHAR name[120]; } info;

static void basics(void)
{
    UCHAR buffer[8];
    file = file_of(L"f", CREATE);
    put(file, "main", 0);
    expect(make(&stream, L"f:one", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC), STATUS_OBJECT_NAME_NOT_FOUND, "no such stream");
    expect(make(&stream, L"f:one", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC), 0, "make one");
    equal(io.Information, CREATED, "made");
    expect(put(stream, "stream", 0), 0, "write it");
    equal(get(stream, buffer, 8, 0), 6, "read it");
    check(same_memory(buffer, "stream", 6), "what was written");
    equal(get(stream, buffer, 8, 6), STATUS_END_OF_FILE, "read at its end");
    equal(size_of(stream), 6, "its size");
    equal(size_of(file), 4, "the file's size");
    equal(get(file, buffer, 8, 0), 4, "and bytes");
    check(same_memory(buffer, "main", 4), "are others");
    expect(set_size(stream, EndOfFileInfo, 2), 0, "cut it");
    equal(get(stream, buffer, 8, 0), 2, "it is shorter");
    NtClose(stream);
    expect(make(&stream, L"F:ONE:$DATA", READ_WRITE | DELETE, 0, SHARE_ALL, OPEN, SYNC), 0, "open it in another case, with its type");
    equal(get(stream, buffer, 8, 0), 2, "kept");
    expect(make(&other, L"f:one", READ_WRITE, 0, SHARE_ALL, CREATE, SYNC), STATUS_OBJECT_NAME_COLLISION, "make it again");
    expect(NtQueryInformationFile(file, &io, &info, sizeof(info), StreamInfo), 0, "list the streams");
    check(info.next && info.length == 14 && info.size.QuadPart == 4 && same_memory(info.name, L"::$DATA", 14), "the file's own first");
    check(*(ULONG *)((UCHAR *)&info + info.next + 4) == 20, "then the other");
    expect(NtQueryInformationFile(file, &io, &info, 24, StreamInfo), STATUS_INFO_LENGTH_MISMATCH, "no room for one");
    expect(dispose(stream, TRUE), 0, "delete the stream");
    NtClose(stream);
    expect(opens(L"f:one", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    expect(opens(L"f", FILE_READ_DATA, SHARE_ALL, 0), 0, "the file is not");
    expect(opens(L"f::$DATA", FILE_READ_DATA, SHARE_ALL, 0), 0, "the file by its own stream");
    NtClose(file);
    expect(remove(L"f"), 0, "delete the file");
}

static void names(void)
{
    expect(make(&stream, L"g:two", READ_WRITE, 0, SHARE_ALL, OPEN_IF, SYNC), 0, "a stream makes its file");
    NtClose(stream);
    expect(opens(L"g", FILE_READ_DATA, SHARE_ALL, 0), 0, "it is there");
    expect(opens(L"g:two:$BAD", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_INVALID, "an unknown type");
    expect(opens(L"g:a:b:c", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_INVALID, "too many colons");
    expect(opens(L"g:", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_INVALID, "a colon and nothing");
    expect(opens(L"g:two\\x", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_INVALID, "a stream is no way to others");
    file = file_of(L"g", OVERWRITE);
    NtClose(file);
    expect(opens(L"g:two", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "overwritten, the file has no stream");
    make(&stream, L"g:one", READ_WRITE | DELETE, 0, 0, CREATE, SYNC);
    expect(opens(L"g:one", FILE_READ_DATA, SHARE_ALL, 0), STATUS_SHARING_VIOLATION, "sharing is the stream's");
    expect(opens(L"g", FILE_READ_DATA, SHARE_ALL, 0), 0, "not the file's");
    NtClose(stream);
    remove(L"g");
}

void test_main(void)
{
    home_begin();
    basics();
    names();
    home_end();
}
