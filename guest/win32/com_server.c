// SPDX-License-Identifier: LGPL-2.1-or-later
// An object in a program of its own: COM starts the server, calls across, and the server ends when it is let go.
#define COBJMACROS
#define CINTERFACE
#include "say.h"
#include <initguid.h>
#include <objbase.h>
#include <ole2.h>
#include <wchar.h>

DEFINE_GUID(CLSID_Ours, 0x8d2f1c3a, 0x5b1e, 0x4c6d, 0x9a, 0x77, 0x52, 0x49, 0x4e, 0x47, 0x33, 0x4b);
#define KEY L"Software\\Classes\\CLSID\\{8D2F1C3A-5B1E-4C6D-9A77-52494E47334B}"

// -- the server -----------------------------------------------------------------------------
static LONG objects;
static HANDLE unused;

static ULONG STDMETHODCALLTYPE take(IPersist *self)
{
    (void)self;
    return (ULONG)InterlockedIncrement(&objects);
}

static ULONG STDMETHODCALLTYPE release(IPersist *self)
{
    (void)self;
    LONG left = InterlockedDecrement(&objects);
    if (!left)
        SetEvent(unused);
    return (ULONG)left;
}

static HRESULT STDMETHODCALLTYPE query(IPersist *self, REFIID id, void **found)
{
    *found = NULL;
    if (!IsEqualGUID(id, &IID_IUnknown) && !IsEqualGUID(id, &IID_IPersist))
        return E_NOINTERFACE;
    *found = self;
    take(self);
    return S_OK;
}

// Its class, with the process's id in front.
static HRESULT STDMETHODCALLTYPE class_of(IPersist *self, CLSID *class)
{
    (void)self;
    *class = CLSID_Ours;
    class->Data1 = GetCurrentProcessId();
    return S_FALSE;
}

static const IPersistVtbl methods = {query, take, release, class_of};
static IPersist object = {(IPersistVtbl *)&methods};

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *self, REFIID id, void **found)
{
    *found = NULL;
    if (!IsEqualGUID(id, &IID_IUnknown) && !IsEqualGUID(id, &IID_IClassFactory))
        return E_NOINTERFACE;
    *found = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_count(IClassFactory *self)
{
    (void)self;
    return 2;
}

static HRESULT STDMETHODCALLTYPE create(IClassFactory *self, IUnknown *outer, REFIID id, void **made)
{
    (void)self, (void)outer;
    return query(&object, id, made);
}

static HRESULT STDMETHODCALLTYPE lock(IClassFactory *self, BOOL locked)
{
    (void)self, (void)locked;
    return S_OK;
}

static const IClassFactoryVtbl factory_methods = {factory_query, factory_count, factory_count, create, lock};
static IClassFactory factory = {(IClassFactoryVtbl *)&factory_methods};

static int serve(void)
{
    DWORD cookie;
    unused = CreateEventW(NULL, TRUE, FALSE, NULL);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    CoRegisterClassObject(&CLSID_Ours, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER, REGCLS_SINGLEUSE, &cookie);
    WaitForSingleObject(unused, 30000);
    CoRevokeClassObject(cookie);
    CoUninitialize();
    return 0;
}

// -- who uses it ----------------------------------------------------------------------------
static void use(void)
{
    IPersist *server = NULL;
    HRESULT made = CoCreateInstance(&CLSID_Ours, NULL, CLSCTX_LOCAL_SERVER, &IID_IPersist, (void **)&server);
    say("made: %lx", made);
    if (FAILED(made))
        return;
    CLSID class = {0};
    say("called: %lx", IPersist_GetClassID(server, &class));
    DWORD process = class.Data1;
    class.Data1 = CLSID_Ours.Data1;
    say("its class: %d, elsewhere: %d", IsEqualGUID(&class, &CLSID_Ours), process != GetCurrentProcessId());
    IUnknown *other = NULL;
    say("no such interface: %lx", IPersist_QueryInterface(server, &IID_IPersistFile, (void **)&other));
    HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, process);
    say("runs: %d", handle && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT);
    say("released: %lu", IPersist_Release(server));
    say("ended: %lx", WaitForSingleObject(handle, 20000));
}

int wmain(int count, WCHAR **words)
{
    if (count > 1 && !wcscmp(words[1], L"-Embedding"))
        return serve();
    WCHAR command[MAX_PATH + 4] = L"\"";
    DWORD length = GetModuleFileNameW(NULL, command + 1, MAX_PATH);
    command[length + 1] = '"';
    say("begun: %lx", CoInitializeEx(NULL, COINIT_MULTITHREADED));
    IUnknown *none = NULL;
    say("unknown: %lx", CoCreateInstance(&CLSID_Ours, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, (void **)&none));
    say("written: %lu", RegSetKeyValueW(HKEY_LOCAL_MACHINE, KEY L"\\LocalServer32", NULL, REG_SZ, command, (length + 3) * 2));
    use();
    use();
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, KEY);
    CoUninitialize();
    return 0;
}
