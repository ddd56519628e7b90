/** Accounts with AI vendors: their key pools, a test that asks the vendor, and all vendors there are. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useVendors, type Vendor } from '../api/catalogue.ts';
import { post } from '../api/client.ts';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { AccountKeys } from '../components/account-keys.tsx';
import { LongCards } from '../components/long.tsx';
import { Mark } from '../components/mark.tsx';
import { useTitles } from '../components/shell.tsx';
import { Badge, Button, ErrorNote, Note, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { milliseconds } from '../lib/format.ts';

interface KeyResult {
  key: string;
  is_ok: boolean;
  status?: number;
  reason?: string;
  message?: string;
  took_ms?: number;
}

function Results({ results }: { results: KeyResult[] }) {
  const { t, locale } = useLanguage();
  return (
    <div role="status">
      <ul className="plain-list">
        {results.map((r, i) => (
          <li key={`${r.key}-${i}`}>
            <Badge tone={r.is_ok ? 'good' : 'bad'}>{r.is_ok ? t('accounts.works') : t('accounts.fails')}</Badge> <code>{r.key}</code>{' '}
            <span className="faint">
              {r.took_ms !== undefined && milliseconds(r.took_ms, locale)} {r.reason} {r.message}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AccountCard({ account, vendor, mayTest }: { account: Resource; vendor: Vendor | undefined; mayTest: boolean }) {
  const { t } = useLanguage();
  const test = useMutation({
    mutationFn: (model: string) =>
      post<{ results?: KeyResult[] }>(`/accounts/${encodeURIComponent(account.key)}/test`, model === '' ? {} : { model }),
  });
  const [model, setModel] = useState('');
  const name = vendor?.name ?? String(account['vendor']);
  return (
    <section className="card" aria-label={account.key}>
      <div className="titled">
        <Mark name={name} />
        <div>
          <h2>
            <Link href={`/accounts/${encodeURIComponent(account.key)}`}>{account.key}</Link>
          </h2>
          <p className="faint">{name}</p>
        </div>
      </div>
      <AccountKeys account={account} />
      {mayTest && (
        <form
          className="beside"
          onSubmit={(e) => {
            e.preventDefault();
            test.mutate(model.trim());
          }}
        >
          <TextField label={t('accounts.test.model')} value={model} onChange={setModel} placeholder={t('accounts.test.any')} />
          <Button type="submit" isPending={test.isPending}>
            {t('accounts.test')}
          </Button>
        </form>
      )}
      {test.error !== null && <ErrorNote error={test.error} />}
      {test.data?.results !== undefined && <Results results={test.data.results} />}
    </section>
  );
}

const shownFirst = 24;

function Vendors({ vendors, mayCreate }: { vendors: Vendor[]; mayCreate: boolean }) {
  const { t } = useLanguage();
  const [q, setQ] = useState('');
  const [isAll, setAll] = useState(false);
  const low = q.toLowerCase();
  const fitting = vendors.filter((v) => v.id.includes(low) || v.name.toLowerCase().includes(low));
  const shown = isAll || q !== '' ? fitting : fitting.slice(0, shownFirst);
  return (
    <section aria-label={t('accounts.vendors')}>
      <div className="head">
        <h2 className="section-title">{t('accounts.vendors')}</h2>
        <span className="faint">{vendors.length}</span>
        <span className="grow" />
        <TextField aria-label={t('accounts.vendors.search')} label="" type="search" value={q} onChange={setQ} placeholder={t('accounts.vendors.search')} />
      </div>
      {fitting.length === 0 && <Note kind="info">{t('accounts.vendors.none')}</Note>}
      <ul className="tiles">
        {shown.map((v) => (
          <li className="tile" key={v.id}>
            <Mark name={v.name} />
            <div>
              {mayCreate ? <Link href={`/accounts/new?vendor=${encodeURIComponent(v.id)}`}>{v.name}</Link> : v.name}
              <p className="faint">
                <Link href={`/catalogue?vendor=${encodeURIComponent(v.id)}`}>{t('accounts.vendor.models')}</Link>
              </p>
            </div>
          </li>
        ))}
      </ul>
      {shown.length < fitting.length && <Button onPress={() => setAll(true)}>{t('accounts.vendors.all', { count: fitting.length })}</Button>}
    </section>
  );
}

export default function AccountsPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const [, navigate] = useLocation();
  const { data: me } = useMe();
  const list = useList('accounts');
  const vendors = useVendors();
  const accounts = list.data?.pages.flatMap((p) => p.items) ?? [];
  const mayCreate = may(me, 'accounts:create');
  return (
    <>
      <div className="head">
        <h1>{title('accounts')}</h1>
        <span className="grow" />
        {mayCreate && (
          <Button look="primary" onPress={() => navigate('/accounts/new')}>
            {t('list.create')}
          </Button>
        )}
      </div>
      <p className="faint">{t('accounts.lead')}</p>
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      <LongCards label={title('accounts')} rows={accounts} list={list} card={(a) => <AccountCard key={a.id} account={a} vendor={vendors.data?.find((v) => v.id === a['vendor'])} mayTest={may(me, 'accounts:test')} />} />
      {vendors.error !== null && <ErrorNote error={vendors.error} />}
      {vendors.data !== undefined && <Vendors vendors={vendors.data} mayCreate={mayCreate} />}
    </>
  );
}
