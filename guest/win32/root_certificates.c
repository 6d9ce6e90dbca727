/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The certificates that this computer trusts. */
#include "say.h"
#include <wincrypt.h>

int wmain(void)
{
    HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
    const CERT_CONTEXT *one = NULL;
    int count = 0, whole = 0;

    if (!store) {
        printf("no store: error %lx\n", GetLastError());
        return 1;
    }
    while ((one = CertEnumCertificatesInStore(store, one))) {
        count++;
        whole += one->cbCertEncoded > 100 && one->pbCertEncoded[0] == 0x30 && one->pCertInfo->Subject.cbData > 0;
    }
    printf("%s, %s\n", count ? "there are some" : "there are none", count == whole ? "all of them whole" : "damaged ones");
    CertCloseStore(store, 0);
    return 0;
}
