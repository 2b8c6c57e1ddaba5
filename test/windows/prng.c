/*
 * bcryptprimitives.dll for Wine before 8.4, which lacks this library. Go uses it
 * as its source of randomness. For tests only: the library is copied to a Wine
 * prefix below build/ and is never shipped.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG length); /* name of RtlGenRandom in advapi32 */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return length <= MAXDWORD && SystemFunction036(data, (ULONG)length);
}
