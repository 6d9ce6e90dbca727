/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that would be a console's host.  Whoever wants a console of his own starts it; our kernel is the host of all of
 * them, so there is nothing to do.
 */
unsigned __stdcall start(void *peb);

unsigned __stdcall start(void *peb)
{
    (void)peb;
    return 0;
}
