/*
 * bcryptprimitives.dll for Wine before 8.4, which lacks it. Go takes its
 * randomness from there. For tests only: it goes into a Wine prefix below
 * build/ and into nothing that is shipped.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG length); /* advapi32 names RtlGenRandom so */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return length <= MAXDWORD && SystemFunction036(data, (ULONG)length);
}
