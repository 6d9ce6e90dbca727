// SPDX-License-Identifier: LGPL-2.1-or-later
//
// System calls that are answered without Python where there is nothing to judge.
//
// Arguments are fetched once.  Memory is touched only where it can be without
// care; whatever is unusual is left to the kernel, which does all of the call.
#include "native.h"

enum { PROCESS, ADDRESS, CLASS, BUFFER, LENGTH, RESULT_LENGTH, QUERY_WORDS };

#define CURRENT_PROCESS 0xffffffffu
#define BASIC_SIZE 28 /* of MEMORY_BASIC_INFORMATION */

bool native_words(ThreadObject *thread, uint32_t *words, uint32_t count)
{
    uint32_t here = thread->arg_base == thread->words_base ? thread->word_count : 0;
    here = here < count ? here : count;
    memcpy(words, thread->words, here * 4ull);
    uint32_t rest = (count - here) * 4;
    const uint8_t *at = access_plain(thread->space, thread->arg_base + 4ull * here, rest, ENTRY_READ);
    if (at)
        memcpy(words + here, at, rest);
    __asm__ volatile("" : : "g"(words) : "memory"); // from here on only the copies are read
    return at;
}

// NtQueryVirtualMemory, MemoryBasicInformation of the caller's own memory, as the kernel has answered it before.
static PyObject *query_memory(ThreadObject *thread)
{
    SpaceObject *space = thread->space;
    uint32_t words[QUERY_WORDS];
    if (!space->answers || !PyDict_CheckExact(space->answers) || !native_words(thread, words, QUERY_WORDS))
        return NULL;
    if (words[PROCESS] != CURRENT_PROCESS || words[CLASS] || words[LENGTH] < BASIC_SIZE || words[LENGTH] > PAGE ||
        words[BUFFER] % 4 || words[ADDRESS] >= GUEST_END)
        return NULL;
    uint8_t *buffer = access_plain(space, words[BUFFER], words[LENGTH], ENTRY_WRITE);
    uint8_t *length = words[RESULT_LENGTH] ? access_plain(space, words[RESULT_LENGTH], 4, ENTRY_WRITE) : buffer;
    if (!buffer || !length)
        return NULL;
    PyObject *page = PyLong_FromUnsignedLong(words[ADDRESS] & ~(PAGE - 1));
    PyObject *answer = page ? PyDict_GetItemWithError(space->answers, page) : NULL;
    Py_XDECREF(page);
    if (!answer || !PyBytes_CheckExact(answer) || PyBytes_GET_SIZE(answer) != BASIC_SIZE)
        return NULL;
    memcpy(buffer, PyBytes_AS_STRING(answer), BASIC_SIZE);
    if (words[RESULT_LENGTH])
        memcpy(length, (uint32_t[]){BASIC_SIZE}, 4);
    return PyLong_FromLong(0);
}

// The status of a call, None when the thread waits in a seat now; NULL without an exception when the kernel is to answer.
PyObject *native_call(ThreadObject *thread, int kind)
{
    if (thread->space->dead || !thread->space->table)
        return NULL;
    switch (kind) {
    case NATIVE_READ_FILE:
    case NATIVE_WRITE_FILE:
        return plain_file_call(thread, kind);
    case NATIVE_QUERY_MEMORY:
        return query_memory(thread);
    case NATIVE_RELEASE_SEMAPHORE:
    case NATIVE_SET_EVENT:
    case NATIVE_WAIT_SINGLE:
    case NATIVE_WAIT_MANY:
        return signal_call(thread, kind);
    default:
        return NULL;
    }
}
