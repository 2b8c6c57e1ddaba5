package network

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// The parts of Microsoft's own ranges that stand in audit records.
var microsoft = []netip.Prefix{
	netip.MustParsePrefix("20.190.128.0/18"), netip.MustParsePrefix("40.104.0.0/15"),
	netip.MustParsePrefix("52.96.0.0/14"), netip.MustParsePrefix("2603:1000::/20"),
}

const microsoftASN = 8075

// Databases writes the databases of the plan to a folder.
func (p *Plan) Databases(dir string) error {
	if err := p.writeOwners(filepath.Join(dir, "asn.mmdb")); err != nil {
		return err
	}
	return p.writeCities(filepath.Join(dir, "city.mmdb"))
}

// writeOwners writes a database of the owners of networks in MaxMind's format.
func (p *Plan) writeOwners(path string) error {
	return write(path, "GeoLite2-ASN", func(insert func(netip.Prefix, mmdbtype.Map) error) error {
		for _, n := range p.Networks {
			for _, b := range n.Blocks {
				if err := insert(b.Prefix, ownerRecord(n.ASN, n.Owner)); err != nil {
					return err
				}
			}
		}
		for _, prefix := range microsoft {
			if err := insert(prefix, ownerRecord(microsoftASN, "MICROSOFT-CORP-MSN-AS-BLOCK")); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeCities writes a database of cities in MaxMind's format.
func (p *Plan) writeCities(path string) error {
	return write(path, "GeoLite2-City", func(insert func(netip.Prefix, mmdbtype.Map) error) error {
		for _, n := range p.Networks {
			for _, b := range n.Blocks {
				if err := b.insertPlaces(insert); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (b *Block) insertPlaces(insert func(netip.Prefix, mmdbtype.Map) error) error {
	for i, place := range b.Places {
		addr := b.Prefix.Addr()
		if addr.Is4() {
			bytes := addr.As4()
			bytes[2] = byte(i << 6)
			addr = netip.AddrFrom4(bytes)
		} else {
			bytes := addr.As16()
			bytes[4] = byte(i << 6)
			addr = netip.AddrFrom16(bytes)
		}
		if err := insert(netip.PrefixFrom(addr, b.Prefix.Bits()+2), placeRecord(place)); err != nil {
			return err
		}
	}
	return nil
}

func write(path, kind string, fill func(func(netip.Prefix, mmdbtype.Map) error) error) error {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		return err
	}
	err = fill(func(prefix netip.Prefix, record mmdbtype.Map) error {
		_, network, err := net.ParseCIDR(prefix.String())
		if err != nil {
			return err
		}
		return tree.Insert(network, record)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := tree.WriteTo(file); err != nil {
		file.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.Close()
}

func ownerRecord(number uint32, name string) mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number), "autonomous_system_organization": mmdbtype.String(name)}
}

func placeRecord(p Place) mmdbtype.Map {
	return mmdbtype.Map{
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String(p.Country)},
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(p.City)}},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(p.Lat), "longitude": mmdbtype.Float64(p.Lon)},
	}
}
