// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Calls about a semaphore or event that the kernel has lent to this process (struct lent): its threads answer each other.
//
// A thread that has to wait writes down all that the kernel would need to know of its call, and sits down: its slot is in
// the word that it waits for, and its turn is nobody's until one who releases or sets what it waits for gives it back,
// or the kernel takes it and the call with it.  A thread never ends while it is in here.
#include "stub.h"

static int replace(struct lent *one, uint64_t word, uint64_t by)
{
    if (!__atomic_compare_exchange_n(&one->word, &word, by, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return 0;
    __atomic_store_n(&one->moves, one->moves + 1, __ATOMIC_RELAXED); // if one is lost to another's: they need only change
    return 1;
}

// What is lent by this handle for such calls, and its word; 0 if nothing is.
static struct lent *find(uint32_t handle, int kind, uint64_t *word)
{
    struct lent *one = &PCB->lent[(handle >> 2) % LENT];
    *word = __atomic_load_n(&one->word, __ATOMIC_ACQUIRE);
    // What follows was written before the word; if it was written again since, the word has changed, too.
    return *word & LENT_OUT && load(&one->index) == handle >> 2 && load(&one->kinds) & 1u << kind ? one : 0;
}

static enum lent_answer wait_for(struct tcb *tcb, uint32_t handle)
{
    uint64_t slot = ((uint64_t)tcb - CTRL_BASE) >> SLOT_SHIFT, word;
    for (struct lent *one; (one = find(handle, NATIVE_WAIT_SINGLE, &word));) {
        if (word & LENT_COUNT) {
            if (!replace(one, word, load(&one->notification) ? word : word - LENT_ONE))
                continue;
            tcb->r.eax = 0;
            return LENT_ANSWERED;
        }
        unsigned at = LENT_SEAT_SHIFT;
        while (at < 64 && word >> at & 0xff)
            at += 8;
        if (at == 64 || slot > 0xff || load(&tcb->no_seat))
            break;
        store(&tcb->turn, TURN_SEATED);
        if (replace(one, word, word | slot << at))
            return LENT_SEATED;
        store(&tcb->turn, TURN_GUEST);
    }
    return LENT_NOT;
}

static void let_go(uint64_t slot)
{
    struct tcb *tcb = (struct tcb *)(CTRL_BASE + (slot << SLOT_SHIFT));
    tcb->r.eax = 0;
    store(&tcb->order, ORDER_FINISH);
    if (__atomic_exchange_n(&tcb->turn, TURN_GUEST, __ATOMIC_SEQ_CST) == TURN_SEATED_ASLEEP)
        wake_word(&tcb->turn);
}

static int read_word(uint32_t at, uint32_t *word)
{
    return !(at & 3) && at <= GUEST_END - 4 && copy_words(word, (void *)(uint64_t)at, 1);
}

static int can_write(uint32_t to)
{
    uint32_t word;
    return read_word(to, &word) && copy_words((void *)(uint64_t)to, &word, 1);
}

// A release or a set.
static enum lent_answer add(struct tcb *tcb, int kind, uint32_t handle, uint32_t amount, uint32_t previous)
{
    if (amount - 1 >= LENT_MOST || (previous && !can_write(previous)))
        return LENT_NOT;
    uint64_t word;
    for (struct lent *one; (one = find(handle, kind, &word));) {
        uint32_t before = (word & LENT_COUNT) / LENT_ONE, going = 0;
        if (kind == NATIVE_RELEASE_SEMAPHORE && before + amount > load(&one->maximum))
            break;
        uint64_t seats = word >> LENT_SEAT_SHIFT;
        while (going < LENT_SEATS && going < amount && seats >> 8 * going & 0xff)
            going++;
        uint64_t after = kind == NATIVE_RELEASE_SEMAPHORE ? before + amount - going : !going;
        uint64_t by = word & (LENT_OUT | LENT_LOANS * LENT_LOAN);
        by |= (after & LENT_MOST) * LENT_ONE;
        by |= (going < LENT_SEATS ? seats >> 8 * going : 0) << LENT_SEAT_SHIFT;
        if (!replace(one, word, by))
            continue;
        for (; going--; seats >>= 8)
            let_go(seats & 0xff);
        if (previous)
            copy_words((void *)(uint64_t)previous, &before, 1);
        tcb->r.eax = 0;
        return LENT_ANSWERED;
    }
    return LENT_NOT;
}

// A call through the gate, its first arguments in `word`, all of them from `arguments` on.
enum lent_answer lent_call(struct tcb *tcb, const uint32_t word[ARG_WORDS], uint32_t arguments)
{
    uint32_t number = load(&tcb->r.eax), handle, timeout;
    int kind = number < SHORT_CUTS ? ((volatile uint8_t *)CTRL_BASE)[PCB_SHORT_CUTS + number] ^ SHORT_LENT : 0;
    switch (kind) {
    case NATIVE_RELEASE_SEMAPHORE:
        return add(tcb, kind, word[0], word[1], word[2]);
    case NATIVE_SET_EVENT:
        return add(tcb, kind, word[0], 1, word[1]);
    case NATIVE_WAIT_SINGLE: // alertable or with an end: the kernel's
        return word[1] | word[2] ? LENT_NOT : wait_for(tcb, word[0]);
    case NATIVE_WAIT_MANY: // the kernel waits for more than one
        if (word[0] != 1 || word[2] > 1 || word[3] || !copy_words(&timeout, (void *)(uint64_t)(arguments + 16), 1) || timeout ||
            !read_word(word[1], &handle))
            return LENT_NOT;
        return wait_for(tcb, handle);
    default:
        return LENT_NOT;
    }
}
