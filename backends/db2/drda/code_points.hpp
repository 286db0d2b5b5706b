#pragma once
// DDM's code points (C114), named as there.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::drda::cp {

using CodePoint = std::uint16_t;

// commands
inline constexpr CodePoint EXCSAT = 0x1041, ACCSEC = 0x106D, SECCHK = 0x106E, ACCRDB = 0x2001;
inline constexpr CodePoint CLSQRY = 0x2005, CNTQRY = 0x2006, DSCSQLSTT = 0x2008, EXCSQLIMM = 0x200A, EXCSQLSTT = 0x200B, OPNQRY = 0x200C, PRPSQLSTT = 0x200D;
inline constexpr CodePoint RDBCMM = 0x200E, RDBRLLBCK = 0x200F;

// objects of commands and replies
inline constexpr CodePoint SQLSTT = 0x2414, SQLDTA = 0x2412, SQLDTARD = 0x2413, SQLCARD = 0x2408, SQLDARD = 0x2411;
inline constexpr CodePoint FDODSC = 0x0010, FDODTA = 0x147A, EXTDTA = 0x146C, QRYDSC = 0x241A, QRYDTA = 0x241B;
inline constexpr CodePoint TYPDEFNAM = 0x002F, TYPDEFOVR = 0x0035;

// parameters
inline constexpr CodePoint CODPNT = 0x000C, EXTNAM = 0x115E, SRVNAM = 0x116D, SRVRLSLV = 0x115A, SRVCLSNM = 0x1147, MGRLVLLS = 0x1404, PRDID = 0x112E;
inline constexpr CodePoint SECMEC = 0x11A2, SECCHKCD = 0x11A4, USRID = 0x11A0, PASSWORD = 0x11A1, RDBNAM = 0x2110, RDBACCCL = 0x210F, CRRTKN = 0x2135;
inline constexpr CodePoint CCSIDSBC = 0x119C, CCSIDDBC = 0x119D, CCSIDMBC = 0x119E;
inline constexpr CodePoint PKGNAMCSN = 0x2113, RTNSQLDA = 0x2116, TYPSQLDA = 0x2146, OUTEXP = 0x2111;
inline constexpr CodePoint QRYBLKSZ = 0x2114, QRYCLSIMP = 0x215D, QRYINSID = 0x215B, RTNEXTDTA = 0x2148;
inline constexpr CodePoint SVRCOD = 0x1149, SYNERRCD = 0x114A, PRCCNVCD = 0x113F, SRVDGN = 0x1153;

// managers
inline constexpr CodePoint AGENT = 0x1403, SQLAM = 0x2407, CMNTCPIP = 0x1474, RDB = 0x240F, SECMGR = 0x1440, UNICODEMGR = 0x1C08;

// reply messages
inline constexpr CodePoint EXCSATRD = 0x1443, ACCSECRD = 0x14AC, SECCHKRM = 0x1219, ACCRDBRM = 0x2201;
inline constexpr CodePoint RDBNFNRM = 0x2211, RDBATHRM = 0x22CB, RDBAFLRM = 0x221A, RDBACCRM = 0x2207, RDBNACRM = 0x2204, MGRLVLRM = 0x1210, MGRDEPRM = 0x1218;
inline constexpr CodePoint SQLERRRM = 0x2213, RDBUPDRM = 0x2218, ENDUOWRM = 0x220C, ABNUOWRM = 0x220D, RSLSETRM = 0x2219;
inline constexpr CodePoint OPNQRYRM = 0x2205, OPNQFLRM = 0x2212, ENDQRYRM = 0x220B, QRYNOPRM = 0x2202, QRYPOPRM = 0x220F, DTAMCHRM = 0x220E;
inline constexpr CodePoint SYNTAXRM = 0x124C, PRCCNVRM = 0x1245, CMDCHKRM = 0x1254, CMDNSPRM = 0x1250, PRMNSPRM = 0x1251, VALNSPRM = 0x1252, OBJNSPRM = 0x1253;
inline constexpr CodePoint TRGNSPRM = 0x125F, CMDATHRM = 0x121C, AGNPRMRM = 0x1232, RSCLMTRM = 0x1233, CMDVLTRM = 0x221D, CMMRQSRM = 0x2225;

/// A reply message's name, for sentences; other code points as "code point 0x1234".
std::string name(CodePoint code_point);

}  // namespace millrace::drda::cp
