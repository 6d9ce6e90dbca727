/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Splay trees: links that callers put into their structures. A root's parent is itself.
 */
#include "ntdll.h"

static BOOLEAN is_root(PRTL_SPLAY_LINKS node)
{
    return node->Parent == node;
}

static BOOLEAN is_left(PRTL_SPLAY_LINKS node)
{
    return node->Parent->LeftChild == node;
}

/* Puts `child` (may be NULL) where `node` hangs. */
static void replace_child(PRTL_SPLAY_LINKS node, PRTL_SPLAY_LINKS child)
{
    PRTL_SPLAY_LINKS parent = node->Parent;

    if (is_root(node)) {
        if (child)
            child->Parent = child;
        return;
    }
    if (parent->LeftChild == node)
        parent->LeftChild = child;
    else
        parent->RightChild = child;
    if (child)
        child->Parent = parent;
}

/* Lifts a node above its parent. */
static void rotate(PRTL_SPLAY_LINKS node)
{
    PRTL_SPLAY_LINKS parent = node->Parent, inner;
    BOOLEAN left = is_left(node);

    replace_child(parent, node);
    inner = left ? node->RightChild : node->LeftChild;
    if (left) {
        parent->LeftChild = inner;
        node->RightChild = parent;
    } else {
        parent->RightChild = inner;
        node->LeftChild = parent;
    }
    if (inner)
        inner->Parent = parent;
    parent->Parent = node;
}

PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links)
{
    while (!is_root(Links)) {
        PRTL_SPLAY_LINKS parent = Links->Parent;
        if (!is_root(parent))
            rotate(is_left(Links) == is_left(parent) ? parent : Links);
        rotate(Links);
    }
    return Links;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS at = Links->RightChild;

    while (at && at->LeftChild)
        at = at->LeftChild;
    return at;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS at = Links->LeftChild;

    while (at && at->RightChild)
        at = at->RightChild;
    return at;
}

PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS at = RtlSubtreeSuccessor(Links);

    if (at)
        return at;
    while (!is_root(Links) && !is_left(Links))
        Links = Links->Parent;
    return is_root(Links) ? NULL : Links->Parent;
}

PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS at = RtlSubtreePredecessor(Links);

    if (at)
        return at;
    while (!is_root(Links) && is_left(Links))
        Links = Links->Parent;
    return is_root(Links) ? NULL : Links->Parent;
}

static PRTL_SPLAY_LINKS root_of(PRTL_SPLAY_LINKS node)
{
    while (node && !is_root(node))
        node = node->Parent;
    return node;
}

/* Takes a node out and returns the root that is left. */
static PRTL_SPLAY_LINKS take_out(PRTL_SPLAY_LINKS node)
{
    PRTL_SPLAY_LINKS next, child, top;

    if (!node->LeftChild || !node->RightChild) {
        child = node->LeftChild ? node->LeftChild : node->RightChild;
        top = child ? child : is_root(node) ? NULL : node->Parent;
        replace_child(node, child);
        return root_of(top);
    }
    /* The predecessor has no right child: it comes out first, then takes the node's place. */
    next = RtlSubtreePredecessor(node);
    replace_child(next, next->LeftChild);
    next->LeftChild = node->LeftChild;
    next->RightChild = node->RightChild;
    if (next->LeftChild)
        next->LeftChild->Parent = next;
    next->RightChild->Parent = next;
    replace_child(node, next);
    return root_of(next);
}

PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS parent = is_root(Links) ? NULL : Links->Parent, root = take_out(Links);

    return parent && root ? RtlSplay(parent) : root;
}

VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root)
{
    *Root = take_out(Links);
}
