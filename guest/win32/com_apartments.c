// SPDX-License-Identifier: LGPL-2.1-or-later
// COM's apartments: objects are called from other threads through messages; what has not begun is refused.
#define COBJMACROS
#define CINTERFACE
#include "say.h"
#include <initguid.h>
#include <objbase.h>
#include <ole2.h>

DEFINE_GUID(CLSID_Dictionary, 0xee09b103, 0x97e0, 0x11cf, 0x97, 0x8f, 0x00, 0xa0, 0x24, 0x63, 0xe0, 0x6f);

static IStream *handed;
static HANDLE done;
static DWORD home;

// An object that tells in which thread it was called.
static HRESULT WINAPI query(IClassFactory *self, REFIID id, void **found)
{
    if (IsEqualGUID(id, &IID_IUnknown) || IsEqualGUID(id, &IID_IClassFactory)) {
        *found = self;
        return S_OK;
    }
    *found = NULL;
    return E_NOINTERFACE;
}

static ULONG WINAPI count(IClassFactory *self)
{
    (void)self;
    return 2;
}

static HRESULT WINAPI create(IClassFactory *self, IUnknown *outer, REFIID id, void **made)
{
    (void)self, (void)outer, (void)id;
    *made = NULL;
    return GetCurrentThreadId() == home ? 0x80040123 : 0x80040456;
}

static HRESULT WINAPI lock(IClassFactory *self, BOOL locked)
{
    (void)self;
    return GetCurrentThreadId() == home ? (locked ? S_FALSE : S_OK) : E_FAIL;
}

static const IClassFactoryVtbl table = {query, count, count, create, lock};
static IClassFactory object = {(IClassFactoryVtbl *)&table};

static DWORD WINAPI caller(void *model)
{
    say("begun: %lx", CoInitializeEx(NULL, (DWORD)(ULONG_PTR)model));
    IClassFactory *proxy = NULL;
    say("taken: %lx", CoGetInterfaceAndReleaseStream(handed, &IID_IClassFactory, (void **)&proxy));
    say("another object: %d", proxy != &object);
    if (proxy) {
        IUnknown *made = NULL;
        say("called: %lx", IClassFactory_CreateInstance(proxy, NULL, &IID_IUnknown, (void **)&made));
        say("called: %lx", IClassFactory_LockServer(proxy, TRUE));
        IUnknown *other = NULL;
        say("no such interface: %lx", IClassFactory_QueryInterface(proxy, &IID_IPersist, (void **)&other));
        say("released: %lu", IClassFactory_Release(proxy));
    }
    CoUninitialize();
    SetEvent(done);
    return 0;
}

static void across(DWORD model)
{
    say("handed: %lx", CoMarshalInterThreadInterfaceInStream(&IID_IClassFactory, (IUnknown *)&object, &handed));
    HANDLE thread = CreateThread(NULL, 0, caller, (void *)(ULONG_PTR)model, 0, NULL);
    DWORD index;
    HRESULT waited = CoWaitForMultipleHandles(0, 20000, 1, &done, &index);
    say("waited: %lx", waited);
    WaitForSingleObject(thread, 5000);
    CloseHandle(thread);
}

int wmain(void)
{
    IUnknown *made = NULL;
    home = GetCurrentThreadId();
    done = CreateEventW(NULL, FALSE, FALSE, NULL);
    say("before anything: %lx", CoCreateInstance(&CLSID_Dictionary, NULL, CLSCTX_INPROC_SERVER, &IID_IUnknown, (void **)&made));
    say("begun: %lx", CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    say("again: %lx", CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    say("otherwise: %lx", CoInitializeEx(NULL, COINIT_MULTITHREADED));
    CoUninitialize();
    APTTYPE kind;
    APTTYPEQUALIFIER more;
    say("apartment: %lx", CoGetApartmentType(&kind, &more));
    say("%d %d", kind, more);
    CLSID none = {0x12345678, 1, 2, {3}};
    say("unknown class: %lx", CoCreateInstance(&none, NULL, CLSCTX_INPROC_SERVER, &IID_IUnknown, (void **)&made));
    say("made: %lx", CoCreateInstance(&CLSID_Dictionary, NULL, CLSCTX_INPROC_SERVER, &IID_IDispatch, (void **)&made));
    DISPID member = 0;
    OLECHAR *name = L"Add";
    say("member: %lx", IDispatch_GetIDsOfNames((IDispatch *)made, &IID_NULL, &name, 1, 0, &member));
    name = L"NoSuchMember";
    say("no member: %lx", IDispatch_GetIDsOfNames((IDispatch *)made, &IID_NULL, &name, 1, 0, &member));
    say("released: %lu", IUnknown_Release(made));
    CLSID found;
    say("by name: %lx", CLSIDFromProgID(L"Scripting.Dictionary", &found));
    say("the same: %d", IsEqualGUID(&found, &CLSID_Dictionary));
    say("- from an apartment of its own");
    across(COINIT_APARTMENTTHREADED);
    say("- from the one of all others");
    across(COINIT_MULTITHREADED);
    say("- OLE");
    say("begun: %lx", OleInitialize(NULL));
    OleUninitialize();
    CoUninitialize();
    return 0;
}
